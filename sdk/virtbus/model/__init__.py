"""Documents as typed declarations: libvirt's XML, pure, with no I/O.

Each element is declared once (`engine.declare`); reading, defaults, checks and
writing are separate steps over the same declarations. Import the document you
need: `virtbus.model.domain`, `virtbus.model.capabilities`,
`virtbus.model.domain_capabilities`.
"""
