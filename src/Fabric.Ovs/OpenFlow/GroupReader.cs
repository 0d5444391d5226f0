using System.Collections.Immutable;

namespace Fabric.Ovs.OpenFlow;

/// <summary>Decodes group descriptions (OpenFlow 1.5.1, 7.3.5.9).</summary>
internal static class GroupReader
{
    private const int HeaderLength = 16;
    private const int BucketHeaderLength = 8;

    /// <summary>The entries of one part of a group description.</summary>
    internal static void Read(ReadOnlySpan<byte> body, List<GroupDescription> into)
    {
        while (body.Length > 0)
        {
            var r = new WireReader(body);
            var length = r.U16();
            var type = (GroupType)r.U8();
            r.Skip(1);
            var id = r.U32();
            var buckets = r.U16();
            if (length < HeaderLength + buckets || length > body.Length)
                throw OpenFlowException.Malformed($"group description of length {length}");
            into.Add(new GroupDescription(id, type, ReadBuckets(body.Slice(HeaderLength, buckets))));
            body = body[length..];
        }
    }

    private static ImmutableArray<GroupBucket> ReadBuckets(ReadOnlySpan<byte> bytes)
    {
        var buckets = ImmutableArray.CreateBuilder<GroupBucket>();
        while (bytes.Length > 0)
        {
            var r = new WireReader(bytes);
            var length = r.U16();
            var actions = r.U16();
            if (length < BucketHeaderLength + actions || length > bytes.Length)
                throw OpenFlowException.Malformed($"bucket of length {length}");
            var id = r.U32();
            var bucket = new GroupBucket(id, 0, null, null, ActionReader.ReadActionList(r.Take(actions)));
            buckets.Add(WithProperties(bucket, bytes[(BucketHeaderLength + actions)..length]));
            bytes = bytes[length..];
        }
        return buckets.ToImmutable();
    }

    private static GroupBucket WithProperties(GroupBucket bucket, ReadOnlySpan<byte> properties)
    {
        while (properties.Length >= 4)
        {
            var r = new WireReader(properties);
            var type = r.U16();
            var length = r.U16();
            if (length < 4 || length > properties.Length)
                throw OpenFlowException.Malformed($"bucket property of length {length}");
            bucket = type switch
            {
                0 => bucket with { Weight = r.U16() },
                1 => bucket with { WatchPort = new OfPort(r.U32()) },
                2 => bucket with { WatchGroup = r.U32() },
                _ => bucket,
            };
            properties = properties[Math.Min((length + 7) & ~7, properties.Length)..];
        }
        return bucket;
    }
}
