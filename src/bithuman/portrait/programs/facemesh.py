"""Run MediaPipe over one picture. A program of its own: `python facemesh.py < picture.npy > faces.npz`.

MediaPipe's C++ writes to the standard error, and its Python package imports machine learning frameworks that only its
training tools need. In a process that ends after one picture, the first disturbs nobody. The second is avoided: only
the parts that run a graph are loaded, and not the package's `__init__`.
"""

import importlib.util
import io
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_MOST_FACES = 8
_MESH_POINTS = 478
_AROUND = 1.6
"""Sides of a detected face's box that are cut out around it: the mesh finds only faces that fill much of a picture."""

Picture = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]


def main() -> None:
    """Read a square RGB picture, (n, n, 3) uint8. Write `faces`, (found, 478, 3) float32 in pixels (x, y, and z towards
    the viewer negative), and `person`, (n, n) float32, how surely each pixel belongs to a person."""
    picture = np.load(io.BytesIO(sys.stdin.buffer.read()))
    modules = _prepare_package() / "modules"
    meshes = [_mesh(modules, picture, *at) for at in _detect(modules, picture)]
    out = io.BytesIO()
    faces = np.array([mesh for mesh in meshes if mesh is not None], np.float32).reshape(-1, _MESH_POINTS, 3)
    np.savez(out, faces=faces, person=_segment(modules, picture))
    sys.stdout.buffer.write(out.getvalue())


def _detect(modules: Path, picture: Picture) -> list[tuple[float, float, float]]:
    """The middle and the longer side of each face's box, in pixels."""
    from mediapipe.framework.formats.detection_pb2 import Detection
    from mediapipe.python._framework_bindings import _packet_getter

    graph = modules / "face_detection/face_detection_full_range_cpu.binarypb"
    found = _run(graph, picture, "detections", {})
    lists = [] if found.is_empty() else _packet_getter._get_serialized_proto_list(found)
    boxes = [Detection.FromString(one).location_data.relative_bounding_box for one in lists[:_MOST_FACES]]
    side = len(picture)
    return [
        ((box.xmin + box.width / 2) * side, (box.ymin + box.height / 2) * side, max(box.width, box.height) * side)
        for box in boxes
    ]


def _mesh(modules: Path, picture: Picture, x: float, y: float, size: float) -> Points | None:
    """The mesh of the face whose box has that middle and size, (478, 3), or None where there is none after all."""
    from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList
    from mediapipe.python import packet_creator
    from mediapipe.python._framework_bindings import _packet_getter

    half = int(size * _AROUND / 2) + 1
    left, top = int(x) - half, int(y) - half
    padded = np.pad(picture, ((half, half), (half, half), (0, 0)))
    piece = np.ascontiguousarray(padded[top + half : top + 3 * half, left + half : left + 3 * half])
    options = {
        "num_faces": packet_creator.create_int(1),
        "with_attention": packet_creator.create_bool(True),
        "use_prev_landmarks": packet_creator.create_bool(False),
    }
    found = _run(modules / "face_landmark/face_landmark_front_cpu.binarypb", piece, "multi_face_landmarks", options)
    if found.is_empty():
        return None
    points = NormalizedLandmarkList.FromString(_packet_getter._get_serialized_proto_list(found)[0]).landmark
    mesh = np.array([(p.x, p.y, p.z) for p in points], np.float32) * len(piece)
    return mesh + np.array([left, top, 0], np.float32)


def _segment(modules: Path, picture: Picture) -> npt.NDArray[np.float32]:
    from mediapipe.python import packet_creator, packet_getter

    graph = modules / "selfie_segmentation/selfie_segmentation_cpu.binarypb"
    mask = _run(graph, picture, "segmentation_mask", {"model_selection": packet_creator.create_int(0)})
    return np.array(packet_getter.get_image_frame(mask).numpy_view(), np.float32)


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
