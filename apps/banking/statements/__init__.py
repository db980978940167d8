"""Bank statement files in: camt.052/053/054, MT940/942, OFX and CSV become the same neutral parts.

`reading.read` gives a whole file, `reading.scan` the same as a stream whose memory does not grow with the file.
"""
