"""Run MediaPipe over one picture. A program of its own: `python facemesh.py < picture.npy > faces.npz`.

MediaPipe's C++ writes to the standard error as it likes, and its Python package imports machine learning frameworks
that only its training tools need. Here, in a process that ends after one picture, the first is nobody's trouble, and
the second is avoided by loading the parts that run a graph and not the package's `__init__`.
"""

import importlib.util
import io
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_MOST_FACES = 4


def main() -> None:
    """Read a square RGB picture, (n, n, 3) uint8. Write `faces`, (found, 478, 3) float32 in pixels (x, y, and z towards
    the viewer negative), and `person`, (n, n) float32, how surely each pixel belongs to a person."""
    picture = np.load(io.BytesIO(sys.stdin.buffer.read()))
    root = _prepare_package()
    from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList
    from mediapipe.python import packet_creator, packet_getter
    from mediapipe.python._framework_bindings import _packet_getter

    options = {
        "num_faces": packet_creator.create_int(_MOST_FACES),
        "with_attention": packet_creator.create_bool(True),
        "use_prev_landmarks": packet_creator.create_bool(False),
    }
    found = _run(root / "modules/face_landmark/face_landmark_front_cpu.binarypb", picture, "multi_face_landmarks", options)
    lists = [] if found.is_empty() else _packet_getter._get_serialized_proto_list(found)
    faces = [[(p.x, p.y, p.z) for p in NormalizedLandmarkList.FromString(points).landmark] for points in lists]

    model = {"model_selection": packet_creator.create_int(0)}
    mask = _run(root / "modules/selfie_segmentation/selfie_segmentation_cpu.binarypb", picture, "segmentation_mask", model)
    person = packet_getter.get_image_frame(mask).numpy_view()

    out = io.BytesIO()
    scaled: npt.NDArray[np.float32] = np.array(faces, np.float32).reshape(-1, 478, 3) * len(picture)
    np.savez(out, faces=scaled, person=np.array(person, np.float32))
    sys.stdout.buffer.write(out.getvalue())


def _prepare_package() -> Path:
    """Make `mediapipe` importable without running its `__init__`; the folder where it is installed."""
    spec = importlib.util.find_spec("mediapipe")
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError("mediapipe")
    package = types.ModuleType("mediapipe")
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules["mediapipe"] = package
    from mediapipe.python._framework_bindings import resource_util

    root = Path(package.__path__[0])
    resource_util.set_resource_dir(str(root.parent))
    return root


def _run(graph: Path, picture: npt.NDArray[np.uint8], output: str, options: dict[str, Any]) -> Any:
    """The one packet that `graph` gives for the picture."""
    from mediapipe.python import packet_creator
    from mediapipe.python._framework_bindings.calculator_graph import CalculatorGraph
    from mediapipe.python._framework_bindings.image_frame import ImageFormat

    packets: list[Any] = []
    running = CalculatorGraph(binary_graph_path=str(graph))
    running.observe_output_stream(output, lambda _, packet: packets.append(packet), True)
    running.start_run(options)
    frame = packet_creator.create_image_frame(data=picture, image_format=ImageFormat.SRGB)
    running.add_packet_to_input_stream("image", frame.at(0))
    running.close_all_packet_sources()
    running.wait_until_done()
    return packets[0]


if __name__ == "__main__":
    main()
