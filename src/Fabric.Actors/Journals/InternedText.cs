using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Actors;

/// <summary>A text that events refer to by id: a flow in ovs-ofctl's syntax, or a set of causes.</summary>
/// <remarks>
/// The id is the first 63 bits of the text's SHA-256, so it is the same on every node and after every restart, and interning
/// needs no reading first. Two texts with one id are refused by the journal, not silently mixed up.
/// </remarks>
public sealed record InternedText(long Id, string Text)
{
    public static InternedText Of(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return new InternedText(BinaryPrimitives.ReadInt64BigEndian(hash) & long.MaxValue, text);
    }
}
