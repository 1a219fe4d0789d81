# Pictures read to the bytes that Pillow gives: random ones in every mode, compared where Pillow and numpy are installed.
. "$(dirname "$0")/lib.sh"
python=
for candidate in python3 /usr/bin/python3; do
  "$candidate" -c 'import numpy, PIL' 2> /dev/null && python=$candidate && break
done
[ -n "$python" ] || { echo 'skipped: no Pillow'; exit 77; }

cat > pictures.py <<'PY'
# make: writes 60 pictures 00.png, 01.jpg, ...; compare: each against NN.dml.
import os, random, sys
sys.path.insert(0, sys.argv[2])
from PIL import Image

random.seed(5)
MODES = ['L', 'RGB', 'RGB', 'CMYK', 'RGB', '1.png', 'L.png', 'LA.png', 'RGB.png', 'RGBA.png', 'P.png', 'I;16.png', 'RGB.ppm', 'L.pgm', '1.pbm']


def noise(width, height, channels):
    if random.random() < 0.5: return random.randbytes(width * height * channels)
    return bytes((x * 3 + y * 5 + c * 40 + random.randrange(12)) & 255 for y in range(height) for x in range(width) for c in range(channels))


def picture(number):
    width, height = random.randrange(1, 70), random.randrange(1, 70)
    mode, _, end = MODES[number % len(MODES)].partition('.')
    if not end:
        image = Image.frombytes(mode, (width, height), noise(width, height, len(mode)))
        settings = {'subsampling': random.randrange(3)} if mode == 'RGB' else {}
        image.save(f'{number:02}.jpg', quality=random.randrange(1, 101), progressive=random.random() < 0.5, **settings)
        return
    if mode == '1': image = Image.frombytes('L', (width, height), noise(width, height, 1)).convert('1')
    elif mode == 'P': image = Image.frombytes('RGB', (width, height), noise(width, height, 3)).quantize(random.choice([2, 4, 16, 200]))
    else: image = Image.frombytes(mode, (width, height), noise(width, height, 2 if mode == 'I;16' else len(mode)))
    image.save(f'{number:02}.{end}')


def compare(path):
    from read_dml import records
    image = Image.open(path)
    image.load()
    (kind, meta, tensors), = records(path[:2] + '.dml')
    pixels = tensors['pixels']
    if image.mode == 'I': theirs, mode = b''.join(v.to_bytes(2, 'little') for v in image.getdata()), 'I;16'
    else: theirs, mode = (image.convert('L') if image.mode == '1' else image).tobytes(), image.mode
    assert kind == 'image' and meta['mode'] == mode and pixels.shape[:2] == image.size[::-1], (path, meta, pixels.shape)
    assert pixels.tobytes() == theirs, (path, mode)
    if mode == 'P': assert bytes(image.getpalette())[:tensors['palette'].size] == tensors['palette'].tobytes(), path


if sys.argv[1] == 'make':
    for number in range(60): picture(number)
else:
    paths = sorted(name for name in os.listdir('.') if name[:2].isdigit() and not name.endswith('.dml'))
    for path in paths: compare(path)
    print(len(paths), 'pictures are equal')
PY
run "$python" pictures.py make "$ROOT/examples";     status 0
for file in [0-9][0-9].*; do
  run dmerge convert "$file" -o "${file%.*}.dml";    status 0
done
run "$python" pictures.py compare "$ROOT/examples";  status 0
stdout_has '60 pictures are equal'
"$python" - <<'PY'                                   # the comparison can fail
import PIL.Image
image = PIL.Image.open('06.png')
image.putpixel((0, 0), 255 - image.getpixel((0, 0)))
image.save('06.png')
PY
run "$python" pictures.py compare "$ROOT/examples";  status 1
stderr_has "('06.png', 'L')"
