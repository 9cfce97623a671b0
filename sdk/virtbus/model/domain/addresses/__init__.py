"""Where devices sit: places for those that have none, the clashes of those that have.

Pure functions of the document and a plain description of the machine's buses. Each bus has
its file; they raise InvalidDocument, naming the device, for a place that cannot be had.
"""
