"""Closes a photo's mouth, and paints it in every shape of speech.

`prepare.py` does this in turn, and each module imports only modules above it in this list (`make lint` checks this):

    effort.py       how far a state presses, rounds or spreads the lips
    speaking.py     the outlines of the lips in every shape
    light.py        the light of the photo
    lip_light.py    light and shade that the lips' shape makes
    join.py         moves lips, and lets the skin follow
    smile_marks.py  removes the marks of a smile from a closed mouth
    lip_colour.py   paints lips that a smile stretched
    rest.py         the face with its mouth closed: join, smile_marks and lip_colour
    tooth.py        one drawn tooth
    teeth.py        a row of drawn teeth
    enamel.py, teeth_edge.py    which pixels of a photo are teeth, and where they end
    own_teeth.py    the teeth of a smiling photo
    tongue.py       the tongue
    inside.py       the inner mouth
    painter.py      the mouth in one state
    states.py       the states that are painted
"""
