using System.Text.Json;
using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>Two nodes whose cluster is in an etcd of three members at their underlay.</summary>
public sealed class EtcdLab() : EndToEndLab(2, ("cluster-store", Uri), ("lease-duration", "3s"))
{
    private const string Uri = "etcd://10.90.0.201:2379,10.90.0.202:2379,10.90.0.203:2379";

    private static readonly string[] Addresses = ["10.90.0.201", "10.90.0.202", "10.90.0.203"];

    public LabEtcd Etcd { get; private set; } = null!;

    protected override string? Missing => base.Missing ?? LabEtcd.Missing;

    /// <summary>The last thing that the membership stream says of a node: <c>member-up/2</c> or the like.</summary>
    public string? LastOf(EndToEndNode node)
    {
        string? last = null;
        var commits = Etcd.Ctl("get", "--prefix", "--print-value-only", "/fabric/default/commit/membership/");
        foreach (var line in commits.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var commit = JsonDocument.Parse(line);
            foreach (var e in commit.RootElement.GetProperty("events").EnumerateArray())
            {
                if (e.GetProperty("payload").TryGetProperty("node", out var name) && name.GetString() == node.Lab.Name)
                    last = e.GetProperty("manifest").GetString();
            }
        }
        return last;
    }

    protected override void StartStore(LabUnderlay underlay)
    {
        foreach (var address in Addresses)
            underlay.Namespace.Ip("address", "add", $"{address}/24", "dev", LabUnderlay.Device);
        // The userspace datapath passes frames on as they are, and nobody has computed a checksum for those from here.
        underlay.Namespace.Run("ethtool", "-K", LabUnderlay.Device, "tx", "off");
        Etcd = LabEtcd.Start(underlay.Namespace, Addresses);
    }

    protected override void StopStore() => Etcd?.Dispose();
}
