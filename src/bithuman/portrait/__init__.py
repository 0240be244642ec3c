"""From a photo of a person to an avatar. Needs the extra `portrait`; nothing that renders imports it.

`build.py` reads from top to bottom as a photo goes through it. The order of the modules is the order of the work, and
each imports only modules above it in this list (`make lint` checks this):

    apart.py      runs the programs in programs/, each in a process of its own
    picture/      arrays of pixels: masks, boxes, smooth lines, bends
    face/         finds faces in a picture; `Geometry` holds where the parts of one face lie
    photo.py      reads a photo from a file
    checks/       refuses a photo that is not of one clear face
    crop.py       cuts the photo to the frame, with the eyes level
    motion/       how far each pixel moves with head, jaw, brows, chest and hair
    mouth/        closes the mouth, and paints it in every shape of speech
    eyes/         paints the eyes in every direction, and the lids
    layers.py     puts the painted states of a part on one sheet
    avatar_file.py   packs sheets and maps as an `.imx` file
    build.py      does all this in turn

A constant that is a length has its unit in its name, or a comment above it says "In eye distances": the distance
between the middles of the irises. Colours and lights go from 0 to 1.
"""
