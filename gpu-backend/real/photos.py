"""Takes photos that anyone may use out of Debian's package `gcompris-qt-data`.

    photos.py PACKAGE FOLDER

PACKAGE is the unpacked package. Each archive of GCompris lists its pictures with author, source
and licence; those in the public domain or under CC0 1.0 go to FOLDER/kind/name.webp, with their
licence beside them as `munjigi photos import` reads it.
"""

import re
import sys
from pathlib import Path

from resources import files

# Archive and folder in it, and what to call the folder here.
KINDS = {
    ("categorization", "fishes"): "fish",
    ("categorization", "monuments"): "monuments",
    ("categorization", "others"): "objects",
    ("categorization", "renewable"): "energy",
    ("categorization", "tools"): "tools",
    ("erase", "resource"): "wildlife",
    ("explore_farm_animals", "animals"): "farm",
    ("explore_monuments", ""): "places",
    ("explore_world_animals", "animals"): "world",
    ("explore_world_music", "music"): "music",
}
FREE = re.compile(r"(public domain|cc0\b)", re.IGNORECASE)


def notes(text):
    """What a README says of each file: a paragraph of author, source, licence and names."""
    found = {}
    for paragraph in re.split(r"\n\s*\n", text):
        said, names = {}, None
        for line in paragraph.splitlines():
            part, colon, value = line.partition(": ")
            if names is None and line.startswith("Files:"):
                names = [value] if colon else []
            elif names is None and colon:
                said[part] = value.strip()
            elif names is not None:
                names.append(line)
        found.update({name.strip(): said for name in names or []})
    return found


def main(package, folder):
    kept = {}
    for (archive, inside), kind in KINDS.items():
        content = (package / f"usr/share/gcompris-qt/rcc/{archive}.rcc").read_bytes()
        stored = dict(files(content))
        readmes = {
            path.rpartition("/")[0]: notes(text.decode())
            for path, text in stored.items()
            if path.endswith("/README")
        }
        for path, image in sorted(stored.items()):
            below, _, name = path.rpartition("/")
            if not name.endswith(".webp") or (inside and not below.endswith(f"/{inside}")):
                continue
            note = next((readmes[place] for place in (below, below.rpartition("/")[0]) if place in readmes), {})
            said = note.get(name) or note.get(path.split("/resource/")[1])
            if not said or not FREE.search(said.get("License", "")):
                continue
            place = folder / kind / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(image)
            words = [said.get(part, "") for part in ("License", "Copyright", "Source")]
            place.with_name(f"{name}.license").write_text("; ".join(filter(None, words)) + "\n")
            kept[kind] = kept.get(kind, 0) + 1
    for kind, count in sorted(kept.items()):
        print(f"{kind:<12} {count}")
    print(f"{'all':<12} {sum(kept.values())}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
