"""Messages by upb."""

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, json_format, message_factory, struct_pb2, text_format, timestamp_pb2
from google.protobuf.internal import api_implementation

print(api_implementation.Type())
f = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto3")
m = f.message_type.add(name="Person")
F = descriptor_pb2.FieldDescriptorProto
for number, (name, kind, label) in enumerate(
    [("name", F.TYPE_STRING, F.LABEL_OPTIONAL), ("id", F.TYPE_INT64, F.LABEL_OPTIONAL), ("tags", F.TYPE_STRING, F.LABEL_REPEATED), ("score", F.TYPE_DOUBLE, F.LABEL_REPEATED)], 1
):
    m.field.add(name=name, number=number, type=kind, label=label)
m.field.add(name="friend", number=9, type=F.TYPE_MESSAGE, label=F.LABEL_REPEATED, type_name=".t.Person")
pool = descriptor_pool.DescriptorPool()
pool.Add(f) if hasattr(pool, "Add") else pool.AddSerializedFile(f.SerializeToString())
Person = message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Person"))
p = Person(name="Ada é", id=-5, tags=["a", "b"], score=[1.5, 2])
p.friend.add(name="Bob").friend.add(id=7)
wire = p.SerializeToString()
q = Person.FromString(wire)
print(wire.hex(), q == p, q.friend[0].friend[0].id, list(q.tags), q.ByteSize())
print(text_format.MessageToString(p), json_format.MessageToJson(p, indent=None), json_format.Parse('{"id": "9"}', Person()).id)
q.friend.extend([Person(id=i) for i in range(50)])
del q.friend[0]
q.MergeFrom(p)
print(len(q.friend), q.friend[3].id, p.IsInitialized(), [d.name for d, _ in p.ListFields()], p.HasField("name") if False else bool(p.name))
s = struct_pb2.Struct()
s.update({"a": [1, {"b": None}], "c": "x"})
print(dict(s)["c"], sorted(json_format.MessageToDict(s).items()))
t = timestamp_pb2.Timestamp()
t.FromJsonString("2020-02-29T01:02:03.5Z")
a = any_pb2.Any()
a.Pack(t)
print(t.ToDatetime(), a.Is(t.DESCRIPTOR), a.type_url)
for bad in (lambda: Person(nothing=1), lambda: Person(id="x"), lambda: Person.FromString(b"\xff\xff"), lambda: setattr(p, "id", 2**70), lambda: p.tags.append(3)):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)
