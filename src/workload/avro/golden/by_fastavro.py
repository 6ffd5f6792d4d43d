"""What fastavro, another implementation of Avro, makes of the same schemas and records.

    pip install fastavro && python src/workload/avro/golden/by_fastavro.py > src/workload/avro/golden/fastavro.json
"""
import datetime
import decimal
import io
import json
import sys
import uuid

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

everything = {
    "type": "record",
    "name": "Everything",
    "namespace": "bench.kafka",
    "fields": [
        {"name": "nothing", "type": "null"},
        {"name": "yes", "type": "boolean"},
        {"name": "int", "type": "int"},
        {"name": "long", "type": "long"},
        {"name": "float", "type": "float"},
        {"name": "double", "type": "double"},
        {"name": "bytes", "type": "bytes"},
        {"name": "string", "type": "string"},
        {"name": "fixed", "type": {"type": "fixed", "name": "Four", "size": 4}},
        {"name": "enum", "type": {"type": "enum", "name": "Suit", "symbols": ["SPADES", "HEARTS"]}},
        {"name": "array", "type": {"type": "array", "items": "long"}},
        {"name": "map", "type": {"type": "map", "values": "Suit"}},
        {"name": "union", "type": ["null", "int", "string"]},
        {"name": "date", "type": {"type": "int", "logicalType": "date"}},
        {"name": "time", "type": {"type": "long", "logicalType": "time-micros"}},
        {"name": "millis", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "micros", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "uuid", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "next", "type": ["null", "Everything"], "default": None},
    ],
}
values = {
    "nothing": None,
    "yes": True,
    "int": -(2**31),
    "long": 2**53 - 2,
    "float": 1.5,
    "double": -0.1,
    "bytes": "züge".encode(),
    "string": "message 7",
    "fixed": b"abcd",
    "enum": "HEARTS",
    "array": [0, -1, 64],
    "map": {"a": "SPADES"},
    "union": "text",
    "date": datetime.date(2026, 1, 2),
    "time": datetime.time(3, 4, 5, 678901),
    "millis": datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc),
    "micros": datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc),
    "uuid": uuid.UUID("9f1c2b3a-4d5e-4f60-8a7b-0c1d2e3f4a5b"),
    "price": decimal.Decimal("-12.34"),
}
inner = dict(values, next=None, union=7)
outer = dict(values, next=inner)


def order(name):
    with open(f"scenarios/schemas/{name}.avsc") as file:
        return json.load(file)


def written(schema, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


def described(schema):
    form = to_parsing_canonical_form(schema)
    return {"schema": schema, "canonical": form, "sha256": fingerprint(form, "SHA-256")}


old, new = order("order-v1"), order("order-v2")
old_order = {"id": 7, "customer": "customer 7", "fax": "+39 7"}
old_bytes = written(old, old_order)
json.dump(
    {
        "fastavro": fastavro.__version__,
        "everything": {**described(everything), "hex": written(everything, outer).hex()},
        "evolution": {
            "old": {**described(old), "value": old_order, "hex": old_bytes.hex()},
            "new": {
                **described(new),
                "read": fastavro.schemaless_reader(
                    io.BytesIO(old_bytes), fastavro.parse_schema(old), fastavro.parse_schema(new)
                ),
            },
        },
    },
    sys.stdout,
    indent=2,
)
print()
