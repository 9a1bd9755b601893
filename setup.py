"""What pyproject.toml cannot say: the data beside the package go inside it when it is built."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("zoo", "results", "sweeps")


class WithData(build_py):
    """Copy what ships into the package, unless the build only points at the checkout."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        for name in SHIPPED:
            target = Path(self.build_lib, "oneshot", "data", name)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(Path("data", name), target, ignore=shutil.ignore_patterns("*.lock"))
        shutil.copy(Path("data", "sketchbook.json"), Path(self.build_lib, "oneshot", "data"))


setup(cmdclass={"build_py": WithData})
