"""The script of every Glue job: Glue runs it as the main program, the library beside it."""

import sys

from workbench.aws.glue_job import main

if __name__ == "__main__":  # worker processes are spawned, and import this file
    main(sys.argv)
