"""A PNG of one digit to the 8 by 8 grey values that the model knows."""

import io
import struct
import zlib

from PIL import Image, ImageOps

import api

SIDE = 8
INK = 16  # the darkest value of the data; 0 is bare paper
MAX_BYTES = 1_048_576
MAX_SIDE = 1024  # pixels; checked before anything is unpacked, as a small file may hold a huge picture
MODES = {"1", "L", "LA", "P", "RGB", "RGBA"}


def grey_values(content: bytes) -> bytes:
    """Return one CSV row of 64 whole numbers, 0..16; raises api.Refused."""
    if len(content) > MAX_BYTES:
        raise api.Refused(413, f"the picture has {len(content)} bytes, {MAX_BYTES} are allowed")
    grey = _ink(_open(content))
    side = max(grey.size)
    square = ImageOps.pad(grey, (side, side), color=0)
    small = square if side == SIDE else square.resize((SIDE, SIDE), Image.Resampling.BOX)
    return ",".join(str(round(value * INK / 255)) for value in small.tobytes()).encode()


def _open(content: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content), formats=["PNG"])
        if max(image.size) > MAX_SIDE:
            raise api.Refused(413, f"the picture is {image.width} by {image.height}, {MAX_SIDE} a side are allowed")
        if image.mode not in MODES:
            raise api.Refused(400, f"the picture's pixels are {image.mode}: 8 bits a channel are needed")
        image.load()
    except Image.DecompressionBombError:
        raise api.Refused(413, f"the picture is larger than {MAX_SIDE} a side") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error):
        raise api.Refused(400, "the picture is not a whole PNG") from None
    return image


def _ink(image: Image.Image) -> Image.Image:
    """Return the picture in grey with bright ink on a black ground, as the data has it."""
    if image.mode in ("LA", "RGBA", "P"):
        picture = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, picture)
    grey = image.convert("L")
    pixels, width = grey.tobytes(), grey.width
    border = pixels[:width] + pixels[-width:] + pixels[::width] + pixels[width - 1 :: width]
    return ImageOps.invert(grey) if sum(border) > 127 * len(border) else grey
