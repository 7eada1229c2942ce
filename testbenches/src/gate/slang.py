"""What slang says of Verilog files: every message on stdout, nothing where there is none."""

import sys

from pyslang.driver import Driver

driver = Driver()
driver.addStandardArgs()
arguments = ["slang", "-Wconversion", "--top", *sys.argv[1:]]
if not driver.parseCommandLine(" ".join(arguments)) or not driver.processOptions():
    sys.exit("slang refuses its arguments")
parsed = driver.parseAllSources()
compiled = driver.runFullCompilation(quiet=True)
sys.exit(0 if parsed and compiled else 1)
