"""Run in the function's environment: write the sample picture in many forms, and some that are no small PNG."""

import sys
from pathlib import Path

from PIL import Image, ImageOps

sample = Image.open(sys.argv[1]).convert("L")
folder = Path(sys.argv[2])
small = sample.resize((8, 8), Image.Resampling.BOX)
large = small.resize((800, 800), Image.Resampling.NEAREST)
ink = Image.new("RGBA", (80, 80), "black")
ink.putalpha(small.resize((80, 80), Image.Resampling.NEAREST))
wide = Image.new("L", (120, 80))
wide.paste(small.resize((80, 80), Image.Resampling.NEAREST), (20, 0))

small.save(folder / "small.png")
large.save(folder / "large.png")
ImageOps.invert(large).save(folder / "inverted.png")
ImageOps.invert(small).convert("RGB").save(folder / "colour.png")
ink.save(folder / "transparent.png")
large.convert("P").save(folder / "palette.png")
wide.save(folder / "wide.png")

Image.effect_noise((1024, 1100), 90).save(folder / "too_large.png")
Image.new("1", (20_000, 20_000)).save(folder / "bomb.png")
(folder / "cut.png").write_bytes((folder / "large.png").read_bytes()[:-60])
large.save(folder / "jpeg.jpg", "JPEG")
Image.new("I;16", (8, 8)).save(folder / "sixteen_bits.png")
