"""What a program loads, and what it leaves."""

import subprocess
import sys

LOADED = "import sys; {}; import pyspark; from distutils.version import LooseVersion; "
LOADED += "print('setuptools' in sys.modules, LooseVersion('3.10') > LooseVersion('3.9'))"
OWN = "from workbench.on_demand import use_own_distutils; use_own_distutils()"


def test_a_program_does_not_load_setuptools_for_a_class_of_distutils() -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOADED.format(OWN)], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["False", "True"]
