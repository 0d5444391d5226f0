namespace Fabric.Ovs.OpenFlow;

/// <summary>Groups: reading and deleting them.</summary>
public sealed partial class OpenFlowConnection
{
    /// <summary>The groups of the bridge, by number.</summary>
    public async Task<IReadOnlyList<GroupDescription>> DumpGroupsAsync(CancellationToken cancellationToken = default)
    {
        var groups = new List<GroupDescription>();
        await RequestAsync(
            "dump groups", MessageWriter.GroupDescRequest,
            (type, body) => ReadMultipart(type, MultipartType.GroupDesc, body, part => GroupReader.Read(part, groups)),
            cancellationToken).ConfigureAwait(false);
        return [.. groups.OrderBy(group => group.Id)];
    }

    /// <summary>Deletes a group, and with it the flows that send packets to it; one that is not there is no error.</summary>
    public Task DeleteGroupAsync(uint group, CancellationToken cancellationToken = default) =>
        WithBarrierAsync("delete group", (w, xid) => MessageWriter.GroupDelete(w, group, xid), cancellationToken);
}
