"""Graphs of ONNX files, as far as psysal needs them: inputs, layers, metadata.

Place: below the models in files.  Enters: the bytes of a file.  Leaves: names, shapes and
types, without ONNX Runtime or the package onnx; and the same file with some of its layers
as outputs, which either runtime then computes.

An ONNX file is a message in protocol buffers: fields, each a number, a kind and a value,
one after another.

References
----------
ONNX, https://onnx.ai (onnx.proto); Protocol Buffers, https://protobuf.dev (encoding).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

__all__ = ["Graph", "Layer", "TensorInfo", "read_graph", "with_outputs"]

_TYPES = {1: "tensor(float)", 2: "tensor(uint8)", 10: "tensor(float16)", 11: "tensor(double)"}
_WIDTHS = {1: 8, 5: 4}  # bytes of the kinds of numbers with a fixed width
_MOST_BITS = 63  # of a number
_EXTERNAL = 1  # data_location of weights in another file
_Fields = dict[int, list[int | bytes]]


class TensorInfo(NamedTuple):
    """Input or output of a network, as ONNX Runtime describes it.

    Attributes
    ----------
    name : str
    shape : list of (int, str or None)
        Lengths of the axes; a name or None for those that are dynamic.
    type : str
        Such as "tensor(float)".
    """

    name: str
    shape: list[int | str | None]
    type: str


class Layer(NamedTuple):
    """Inner layer of a network.

    Attributes
    ----------
    name : str
        Name of its output.
    operator : str
        Such as "Conv".
    """

    name: str
    operator: str


class Graph(NamedTuple):
    """Graph of a network.

    Attributes
    ----------
    inputs : list of TensorInfo
        Without weights.
    layers : list of Layer
        In the order in which they are computed; those of constants are left out.
    outputs : list of str
        Names of the outputs.
    metadata : mapping of str to str
    is_whole : bool
        Whether all weights are in the file.
    """

    inputs: list[TensorInfo]
    layers: list[Layer]
    outputs: list[str]
    metadata: Mapping[str, str]
    is_whole: bool

    def get_inputs(self) -> list[TensorInfo]:
        """Inputs, under the name that a session of ONNX Runtime has for them.

        Returns
        -------
        list of TensorInfo
        """
        return self.inputs


def read_graph(data: bytes) -> Graph:
    """Graph of a network from the content of its file.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    Graph

    Raises
    ------
    ValueError
        It is no network in ONNX, or a damaged one.

    Examples
    --------
    >>> import onnx
    >>> network = onnx.parser.parse_model('''
    ...     <ir_version: 8, opset_import: ["" : 17]>
    ...     net (float[1, 3, rows, 8] image) => (float[1, 1, rows, 8] map) {
    ...         inner = Relu (image)
    ...         map = ReduceMean <axes = [1]> (inner)
    ...     }''')
    >>> graph = read_graph(network.SerializeToString())
    >>> graph.inputs[0].shape, [layer.name for layer in graph.layers]
    ([1, 3, 'rows', 8], ['inner', 'map'])
    """
    try:
        model = _fields(data)
        (content,) = _messages(model, 7)
        weights = list(_messages(content, 5))
        names = {_text(weight, 8) for weight in weights}
        constants, layers = set(names), []
        for node in _messages(content, 1):
            outputs = [output.decode() for output in node.get(2, []) if isinstance(output, bytes)]
            before = {name.decode() for name in node.get(1, []) if isinstance(name, bytes)}
            if before <= constants:
                constants |= set(outputs)
            else:
                layers += [Layer(output, _text(node, 4)) for output in outputs if output]
        graph = Graph(
            [_tensor(each) for each in _messages(content, 11) if _text(each, 1) not in names],
            layers,
            [_text(each, 1) for each in _messages(content, 12)],
            {_text(each, 1): _text(each, 2) for each in _messages(model, 14)},
            not any(weight.get(14) == [_EXTERNAL] for weight in weights),
        )
    except (IndexError, LookupError, TypeError, ValueError, AttributeError):
        graph = None
    if graph is None or not (graph.inputs and graph.layers):
        raise ValueError(
            "a network in ONNX was expected, found something damaged or else; get it anew"
        )
    return graph


def with_outputs(data: bytes, names: Iterable[str], *, typed: bool) -> bytes:
    """File of a network with other outputs.

    Parameters
    ----------
    data : bytes
        Content of the file.
    names : iterable of str
        Layers that become its outputs, in place of those it has.
    typed : bool
        Whether outputs state that they are of float: ``cv2.dnn`` asks for it, ONNX Runtime
        finds types and shapes itself and takes no vague ones.

    Returns
    -------
    bytes
    """
    kind = _field(2, _field(1, b"\x08\x01" + _field(2, b""))) if typed else b""
    outputs = b"".join(_field(12, _field(1, name.encode()) + kind) for name in names)
    parts = []
    for number, value, field in _walk(data):
        if number == 7 and isinstance(value, bytes):
            others = b"".join(part for inner, _, part in _walk(value) if inner != 12)
            field = _field(7, others + outputs)
        parts.append(field)
    return b"".join(parts)


# --- protocol buffers ---------------------------------------------------------


def _fields(data: bytes) -> _Fields:
    """Values of a message by the number of their field."""
    fields: _Fields = {}
    for number, value, _ in _walk(data):
        fields.setdefault(number, []).append(value)
    return fields


def _walk(data: bytes) -> Iterator[tuple[int, int | bytes, bytes]]:
    """Fields of a message: number, value, and the field as it is written."""
    place = 0
    while place < len(data):
        start = place
        key, place = _number(data, place)
        kind = key & 7
        value: int | bytes
        if kind == 0:
            value, place = _number(data, place)
        else:
            if kind == 2:
                length, place = _number(data, place)
            else:
                length = _WIDTHS[kind]
            value = data[place : place + length]
            if len(value) != length:
                raise ValueError("a field ends behind the message")
            place += length
        yield key >> 3, value, data[start:place]


def _number(data: bytes, place: int) -> tuple[int, int]:
    """Number of seven bits a byte, lowest first, and the place behind it."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
        if shift > _MOST_BITS:
            raise ValueError("a number is too long")


def _messages(fields: _Fields, number: int) -> Iterator[_Fields]:
    """Messages in a field."""
    return (_fields(value) for value in fields.get(number, []) if isinstance(value, bytes))


def _text(fields: _Fields, number: int) -> str:
    """Text in a field, empty without it."""
    (value,) = fields.get(number, [b""])
    assert isinstance(value, bytes)
    return value.decode()


def _tensor(fields: _Fields) -> TensorInfo:
    """Description of an input."""
    (kind,) = _messages(fields, 2)
    (tensor,) = _messages(kind, 1)
    shape: list[int | str | None] = []
    for axis in next(_messages(tensor, 2), {}).get(1, []):
        assert isinstance(axis, bytes)
        length = _fields(axis)
        (value,) = length.get(1, [None])
        shape.append(value if isinstance(value, int) else _text(length, 2) or None)
    (code,) = map(int, tensor.get(1, [0]))
    return TensorInfo(_text(fields, 1), shape, _TYPES.get(code, f"the type {code} of ONNX"))


def _field(number: int, value: bytes) -> bytes:
    """Field of bytes."""
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Number as :func:`_number` reads it."""
    low = bytes([value & 127 | (128 if value > 127 else 0)])
    return low + _varint(value >> 7) if value > 127 else low
