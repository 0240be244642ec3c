"""From a photo of a person to an avatar. Needs the extra `portrait`; nothing that renders imports it."""
