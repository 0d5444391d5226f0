using System.Security.Cryptography;
using System.Text;
using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>What is derived from an attachment's identity, so that every retry hits the same names.</summary>
public static class HostInterfaceName
{
    /// <summary>The host's end of the veth pair: <c>fab</c> and 12 hexadecimal digits of the attachment's SHA-256.</summary>
    public static InterfaceName Of(AttachmentId attachment) => new("fab" + Convert.ToHexStringLower(Hash(attachment)[..6]));

    /// <summary>The pod's MAC unless it asks for one: locally administered, from the same hash.</summary>
    public static MacAddress MacOf(AttachmentId attachment) =>
        MacAddress.LocallyAdministered(BitConverter.ToUInt64(Hash(attachment), 8) & 0xFFFF_FFFF_FFFFUL);

    private static byte[] Hash(AttachmentId attachment) => SHA256.HashData(Encoding.UTF8.GetBytes(attachment.ToString()));
}
