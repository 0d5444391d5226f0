using Fabric.Linux.Netlink;

namespace Fabric.Linux.Route;

public sealed partial class RouteNetlink
{
    private const ushort NewNamespaceId = 88, GetNamespaceId = 90, IdAttribute = 1, DescriptorAttribute = 3;

    /// <summary>Returns this namespace's id for another, as in <see cref="Link.PeerNetnsId"/>; null: none.</summary>
    public int? FindNamespaceId(NetworkNamespace other)
    {
        int? id = null;
        var batch = new NetlinkBatch();
        var writer = batch.Add(GetNamespaceId, 0, $"get id of namespace {other}", (type, body) =>
        {
            var attributes = NetlinkAttributes.After(body, 4);
            while (type == NewNamespaceId && attributes.Next())
                id = attributes.Type == IdAttribute ? (int)attributes.U32() : id;
        });
        writer.Put(0u); // struct rtgenmsg, padded
        writer.U32(DescriptorAttribute, (uint)other.Handle.DangerousGetHandle());
        _socket.Execute(batch);
        GC.KeepAlive(other);
        return id < 0 ? null : id;
    }
}
