using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fabric.Messages;

/// <summary>Why a flow is there: the entities it follows from, as text and as the 48-bit id that its cookie carries.</summary>
/// <remarks>
/// The id is the first 48 bits of the text's SHA-256, so an identical set has an identical id on every node and after every
/// restart, and nothing is reprogrammed without need. The text is stored, under the id, with the event that leads to the flow,
/// so a cookie found on a bridge always leads to its cause.
/// </remarks>
public sealed record CauseSet(long Id, string Text)
{
    public static CauseSet Of(PersistenceId entity)
    {
        var text = $"cause: {entity}";
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return new CauseSet(BinaryPrimitives.ReadInt64BigEndian(hash) >>> 16, text);
    }
}
