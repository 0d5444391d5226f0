using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb.OpenVSwitch;

/// <summary>
/// The configuration database of one Open vSwitch: a client, and a live copy of the rows the agent needs.
/// </summary>
/// <remarks>
/// All members may be used from any thread and block none. The waits go on across a lost connection; end them with
/// their token. Deleting a Port deletes its Interface: both hang on the bridge.
/// </remarks>
public sealed class OpenVSwitchDatabase : IAsyncDisposable
{
    private OpenVSwitchDatabase(OvsdbClient client, OvsdbMonitor monitor)
    {
        Client = client;
        Monitor = monitor;
    }

    /// <summary>The connection, for what is not offered here.</summary>
    public OvsdbClient Client { get; }

    /// <summary>The live copy of Open_vSwitch, Bridge, Port and Interface; subscribe here to changes.</summary>
    public OvsdbMonitor Monitor { get; }

    /// <summary>
    /// The rows after the last commit heard of, typed. O(rows): keep it for as long as one look lasts.
    /// </summary>
    public OpenVSwitchView View => new(Monitor.Snapshot);

    /// <summary>
    /// Connects and fetches the rows. Throws <see cref="OvsdbException"/>, transient when the server is not there yet.
    /// </summary>
    public static async Task<OpenVSwitchDatabase> ConnectAsync(
        string endpoint,
        TimeProvider time,
        OvsdbClientOptions? options = null,
        CancellationToken cancellation = default)
    {
        var client = await OvsdbClient.ConnectAsync(endpoint, "Open_vSwitch", time, options, cancellation)
            .ConfigureAwait(false);
        try
        {
            var monitor = await client.MonitorAsync(
                [OpenVSwitchRow.Columns, BridgeRow.Columns, PortRow.Columns, InterfaceRow.Columns], cancellation)
                .ConfigureAwait(false);
            return new OpenVSwitchDatabase(client, monitor);
        }
        catch (Exception)
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Commits the transaction and gives back its configuration number for <see cref="WaitAppliedAsync"/>. The rows are
    /// in <see cref="Monitor"/> when this completes.
    /// </summary>
    public async Task<long> CommitAsync(OvsdbTransaction transaction, CancellationToken cancellation = default)
    {
        var results = await Client.TransactAsync(transaction.WithNextConfig(), cancellation).ConfigureAwait(false);
        return results[^1].Rows is [var root, ..]
            ? root["next_cfg"].Number ?? 0
            : throw new OvsdbException(
                OvsdbErrorCode.ConstraintViolation, "transact", "the database has no Open_vSwitch row");
    }

    /// <summary>
    /// Completes when ovs-vswitchd has carried the configuration out. That says nothing about devices: one that does
    /// not exist does not hold it up. While ovs-vswitchd does not run it never completes.
    /// </summary>
    public async Task WaitAppliedAsync(long config, CancellationToken cancellation) =>
        await Monitor.WaitAsync(
            snapshot => snapshot[OpenVSwitchRow.Table].Values.FirstOrDefault(root => root["cur_cfg"].Number >= config),
            cancellation).ConfigureAwait(false);

    /// <summary>
    /// The OpenFlow port of an Interface, 1 or more, as soon as ovs-vswitchd has given it. Throws
    /// <see cref="OvsdbException"/> with <see cref="OvsdbErrorCode.InterfaceFailed"/> and the text of OVS when the
    /// device could not be set up. An Interface that does not exist is waited for.
    /// </summary>
    /// <remarks>
    /// For a row that was there before, the ofport or error may be of an earlier attempt. Wait for the change to be
    /// applied first, by <see cref="WaitAppliedAsync"/>. A device deleted later keeps its ofport and gets no error: see
    /// <see cref="InterfaceRow.HasVanished"/>.
    /// </remarks>
    public async Task<int> WaitForOfportAsync(string interfaceName, CancellationToken cancellation)
    {
        var uuid = Guid.Empty;
        var row = await Monitor.WaitAsync(
            snapshot =>
            {
                var rows = snapshot[InterfaceRow.Table];
                if (!rows.TryGetValue(uuid, out var found))
                    (uuid, found) = Find(rows, interfaceName);
                return found is not null && (found["ofport"].Count > 0 || found["error"].Text is { Length: > 0 })
                    ? found
                    : null;
            },
            cancellation).ConfigureAwait(false);
        if (row["error"].Text is not { Length: > 0 } && row["ofport"].Number is > 0 and var ofport)
            return (int)ofport;
        throw new OvsdbException(
            OvsdbErrorCode.InterfaceFailed,
            $"Interface {interfaceName}",
            row["error"].Text ?? "ovs-vswitchd gave it no OpenFlow port");
    }

    /// <summary>
    /// Makes the bridge what <paramref name="spec"/> says, by a transaction only if something differs, and waits until
    /// ovs-vswitchd has done so.
    /// </summary>
    public async Task EnsureBridgeAsync(BridgeSpec spec, CancellationToken cancellation)
    {
        var transaction = OpenVSwitchTransactions.EnsureBridge(View, spec);
        if (!transaction.Operations.IsEmpty)
            await WaitAppliedAsync(await CommitAsync(transaction, cancellation).ConfigureAwait(false), cancellation)
                .ConfigureAwait(false);
    }

    /// <summary>
    /// Adds all ports in one transaction and gives back its configuration number; their ofports come later
    /// (<see cref="WaitForOfportAsync"/>). Errors as for <see cref="OpenVSwitchTransactions.AddPorts"/>.
    /// </summary>
    public Task<long> AddPortsAsync(
        string bridge, ImmutableArray<PortSpec> ports, CancellationToken cancellation = default) =>
        CommitAsync(OpenVSwitchTransactions.AddPorts(bridge, ports), cancellation);

    /// <summary>
    /// Removes ports one after the other, each in a transaction of its own that ovs-vswitchd carries out before the
    /// next is sent, so that forwarding is never held up for longer than one port takes. Names that have no port are
    /// skipped.
    /// </summary>
    public async Task RemovePortsAsync(
        string bridge, ImmutableArray<string> ports, CancellationToken cancellation)
    {
        foreach (var name in ports)
        {
            var (port, row) = Find(Monitor.Snapshot[PortRow.Table], name);
            if (row is null)
                continue;
            var config = await CommitAsync(OpenVSwitchTransactions.RemovePort(bridge, port), cancellation)
                .ConfigureAwait(false);
            await WaitAppliedAsync(config, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Closes the connection. Nothing in Open vSwitch changes.</summary>
    public async ValueTask DisposeAsync()
    {
        await Monitor.DisposeAsync().ConfigureAwait(false);
        await Client.DisposeAsync().ConfigureAwait(false);
    }

    private static (Guid Uuid, OvsdbRow? Row) Find(ImmutableSortedDictionary<Guid, OvsdbRow> rows, string name)
    {
        foreach (var (uuid, row) in rows)
        {
            if (row["name"].Text == name)
                return (uuid, row);
        }

        return (Guid.Empty, null);
    }
}
