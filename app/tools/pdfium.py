"""The lock of PDFium: the library keeps global state, so in one process one thread uses it at a time.

Every file of app/tools that imports pypdfium2 holds it around its calls.
"""

import threading

LOCK = threading.RLock()
