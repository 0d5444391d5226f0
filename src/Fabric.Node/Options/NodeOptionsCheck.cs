using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Fabric.Cluster;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;
using Fabric.Node.Install;
using Fabric.Node.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Fabric.Node;

/// <summary>Turns texts into <see cref="NodeOptions"/>, and names every mistake at once.</summary>
public sealed class NodeOptionsCheck(RawOptions raw, ICollection<string> errors)
{
    /// <param name="hostName">What the node is called unless the options say so.</param>
    /// <returns>Null if there was any error.</returns>
    public NodeOptions? Run(string hostName)
    {
        var overlay = Overlay();
        var clusterCidrs = Cidrs("cluster-cidr", required: true);
        var store = ClusterStore();
        var options = new NodeOptions
        {
            NodeName = NodeName(hostName),
            StateDir = AbsolutePath("state-dir"),
            ClusterStore = store,
            ClusterName = ClusterName(),
            ClusterCidrs = clusterCidrs,
            PodCidrSource = OneOf("pod-cidr-source", PodCidr.SourceFabric, PodCidr.SourceKubernetes),
            NodePrefixLength = PrefixLength("node-prefix-length", 8, 30, clusterCidrs.FirstOrDefault(c => !c.IsV6)),
            NodePrefixLengthV6 = PrefixLength("node-prefix-length-v6", 16, 120, clusterCidrs.FirstOrDefault(c => c.IsV6)),
            UnderlayAddresses = Addresses("underlay-address"),
            Overlay = overlay,
            OverlayPort = OverlayPort(overlay),
            ServiceCidrs = Cidrs("service-cidr", required: false),
            NoMasqueradeCidrs = Cidrs("no-masquerade-cidr", required: false),
            Kubernetes = Kubernetes(store),
            StartupTaint = raw.Text("startup-taint") is { Length: > 0 } taint ? taint : null,
            BridgeResources = Bridges(),
            Vni = new Vni((uint)Number("vni", (int)Vni.Min, (int)Vni.Max)),
            MtuBytes = raw.Text("mtu") == "auto" ? null : Number("mtu", 576, 65_535),
            Bridge = Interface("bridge"),
            OvsDb = OvsDb(),
            OvsRunDir = AbsolutePath("ovs-run-dir"),
            DatapathType = OneOf("datapath-type", "system", "netdev"),
            CniSocket = SocketPath("cni-socket"),
            AdminSocket = SocketPath("admin-socket"),
            Installation = Installation(),
            MetricsAddress = EndPoint("metrics-address"),
            HealthAddress = EndPoint("health-address"),
            LeaseDuration = Duration("lease-duration", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            RemovalAfter = raw.Text("removal-after") == "off" ? null : Duration("removal-after", TimeSpan.FromSeconds(10), TimeSpan.FromDays(30)),
            Quarantine = Duration("quarantine", TimeSpan.Zero, TimeSpan.FromDays(1)),
            UsesBfd = OneOf("bfd", "on", "off") == "on",
            RepairsDrift = OneOf("drift", "repair", "report") == "repair",
            LogLevel = Level(),
        };
        CheckTogether(options);
        return errors.Count == 0 ? options : null;
    }

    private void CheckTogether(NodeOptions options)
    {
        var all = options.ClusterCidrs.Select(c => (c, "cluster-cidr"))
            .Concat(options.ServiceCidrs.Select(c => (c, "service-cidr"))).ToArray();
        for (var i = 0; i < all.Length; i++)
        {
            for (var j = i + 1; j < all.Length; j++)
            {
                if (all[i].c.Overlaps(all[j].c))
                    errors.Add($"--{all[i].Item2} {all[i].c} and --{all[j].Item2} {all[j].c} overlap; pods and services need different addresses");
            }
        }
        foreach (var address in options.UnderlayAddresses.Where(a => options.ClusterCidrs.Any(c => c.Contains(a))))
            errors.Add($"{raw.Source("underlay-address")}: {address} lies in --cluster-cidr; the underlay needs addresses of its own");
        foreach (var family in options.ClusterCidrs.GroupBy(c => c.IsV6).Where(g => g.Count() > 1))
            errors.Add($"{raw.Source("cluster-cidr")}: {family.Count()} {(family.Key ? "IPv6" : "IPv4")} CIDRs; one of each family can be used");
        if (options.PodCidrSource == PodCidr.SourceKubernetes && options.Kubernetes is null)
            errors.Add($"{raw.Source("pod-cidr-source")}: kubernetes needs the Kubernetes API; set --kubernetes in-cluster or to a kubeconfig");
        if (options.StartupTaint is not null && options.Kubernetes is null)
            errors.Add($"{raw.Source("startup-taint")}: taints are on Node objects; set --kubernetes in-cluster or to a kubeconfig");
        if (options.BridgeResources is not null && options.Kubernetes is null)
            errors.Add($"{raw.Source("bridge-marker")}: resources are on Node objects; set --kubernetes in-cluster or to a kubeconfig");
        if (options.UsesBfd && options.Vni == Vni.OfPaths)
            errors.Add($"{raw.Source("vni")}: {options.Vni} is the VNI of BFD's packets; choose another one, or --bfd off");
        // Else every restart of an agent that takes a moment would take its node out of the mesh.
        if (options.RemovalAfter is { } after && after < 3 * options.LeaseDuration)
            errors.Add($"{raw.Source("removal-after")}: {after.TotalSeconds:0}s is less than three times --lease-duration {options.LeaseDuration.TotalSeconds:0}s");
        if (options.UnderlayAddresses.Length > 2 || options.UnderlayAddresses.GroupBy(a => a.IsV6).Any(g => g.Count() > 1))
            errors.Add($"{raw.Source("underlay-address")}: at most one IPv4 and one IPv6 address");
    }

    private KubernetesPlace? Kubernetes(ClusterStoreUri store)
    {
        var text = raw.Text("kubernetes")!;
        switch (text)
        {
            case "auto":
                return (store as ClusterStoreUri.Kubernetes)?.Place;
            case "off":
                if (store is ClusterStoreUri.Kubernetes)
                    errors.Add($"{raw.Source("kubernetes")}: it can't be off with --cluster-store {store}; leave it at auto");
                return null;
            case "in-cluster":
                return new KubernetesPlace();
            case ['/', ..]:
                return new KubernetesPlace(Kubeconfig: text);
            default:
                errors.Add($"{raw.Source("kubernetes")}: '{text}' is none of auto, off, in-cluster and the absolute path of a kubeconfig");
                return null;
        }
    }

    private BridgeResources? Bridges()
    {
        var isOn = OneOf("bridge-marker", "on", "off") == "on";
        var prefix = raw.Text("bridge-marker-prefix")!;
        if (BridgeResources.PrefixFault(prefix) is { } fault)
            errors.Add($"{raw.Source("bridge-marker-prefix")}: '{prefix}' {fault}");
        var capacity = Number("bridge-marker-capacity", 1, 1_000_000);
        return isOn ? new BridgeResources(prefix, capacity) : null;
    }

    private CniInstallation? Installation()
    {
        var bin = Directory("install-cni-bin");
        var conf = Directory("install-cni-conf");
        var name = raw.Text("install-cni-conf-name")!;
        if (name.Contains('/') || !name.EndsWith(".conflist", StringComparison.Ordinal))
            errors.Add($"{raw.Source("install-cni-conf-name")}: '{name}' must be a file name that ends in .conflist");
        var from = raw.Text("install-cni-from") ?? Path.Combine(AppContext.BaseDirectory, "fabric-cni");
        if (!from.StartsWith('/'))
            errors.Add($"{raw.Source("install-cni-from")}: '{from}' must be an absolute path");
        var names = OneOf("install-compatibility-names", "on", "off") == "on";
        return bin is null && conf is null ? null : new CniInstallation(from, bin, conf, name, names);
    }

    private string? Directory(string name) => raw.Text(name) is { Length: > 0 } ? AbsolutePath(name) : null;

    private NodeName NodeName(string hostName)
    {
        var text = raw.Text("node-name") ?? hostName.ToLowerInvariant();
        if (Messages.NodeName.Fault(text) is not { } fault)
            return new NodeName(text);
        errors.Add($"{raw.Source("node-name")}: {fault}");
        return new NodeName("invalid");
    }

    private ClusterStoreUri ClusterStore()
    {
        var text = raw.Text("cluster-store")!;
        if (ClusterStoreUri.TryParse(text, out var uri, out var fault))
            return uri;
        errors.Add($"{raw.Source("cluster-store")}: {fault}");
        return new ClusterStoreUri.Sqlite("");
    }

    private string ClusterName()
    {
        var text = raw.Text("cluster-name")!;
        if (!NetworkName.TryParse(text, CultureInfo.InvariantCulture, out _))
            errors.Add($"{raw.Source("cluster-name")}: '{text}' may hold only letters, digits, '_', '.' and '-'");
        return text;
    }

    private ImmutableArray<Cidr> Cidrs(string name, bool required)
    {
        var parts = (raw.Text(name) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (required && parts.Length == 0)
            errors.Add($"{raw.Source(name)}: at least one CIDR is needed, for example 10.244.0.0/16");
        var cidrs = ImmutableArray.CreateBuilder<Cidr>();
        foreach (var part in parts)
        {
            if (Cidr.TryParse(part, CultureInfo.InvariantCulture, out var cidr))
                cidrs.Add(cidr);
            else
                errors.Add($"{raw.Source(name)}: '{part}' is not a CIDR; write ADDRESS/PREFIX with the host bits zero, like 10.244.0.0/16");
        }
        return cidrs.ToImmutable();
    }

    private ImmutableArray<IpAddress> Addresses(string name)
    {
        var addresses = ImmutableArray.CreateBuilder<IpAddress>();
        foreach (var part in (raw.Text(name) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IpAddress.TryParse(part, CultureInfo.InvariantCulture, out var address))
                addresses.Add(address);
            else
                errors.Add($"{raw.Source(name)}: '{part}' is not an IP address");
        }
        return addresses.ToImmutable();
    }

    private int PrefixLength(string name, int least, int most, Cidr cluster)
    {
        var length = Number(name, least, most);
        // A default Cidr stands for "no cluster CIDR of that family": then the length is never used.
        if (cluster != default && length <= cluster.PrefixLength)
            errors.Add($"{raw.Source(name)}: /{length} blocks do not fit into --cluster-cidr {cluster}");
        return length;
    }

    private OverlayKind Overlay() => OneOf("overlay", "vxlan", "geneve", "gre") switch
    {
        "geneve" => OverlayKind.Geneve,
        "gre" => OverlayKind.Gre,
        _ => OverlayKind.Vxlan,
    };

    private int OverlayPort(OverlayKind overlay)
    {
        if (overlay == OverlayKind.Gre)
        {
            if (raw.Text("overlay-port") is not null)
                errors.Add($"{raw.Source("overlay-port")}: GRE has no port");
            return 0;
        }
        return raw.Text("overlay-port") is null ? overlay == OverlayKind.Geneve ? 6081 : 4789 : Number("overlay-port", 1, 65_535);
    }

    private int Number(string name, int least, int most)
    {
        var text = raw.Text(name)!;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        errors.Add($"{raw.Source(name)}: '{text}' is not a number from {least} to {most}");
        return least;
    }

    private string OneOf(string name, params string[] choices)
    {
        var text = raw.Text(name)!;
        if (choices.Contains(text, StringComparer.Ordinal))
            return text;
        errors.Add($"{raw.Source(name)}: '{text}' is none of {string.Join(", ", choices)}");
        return choices[0];
    }

    private InterfaceName Interface(string name)
    {
        var text = raw.Text(name)!;
        if (InterfaceName.Fault(text) is not { } fault)
            return new InterfaceName(text);
        errors.Add($"{raw.Source(name)}: {fault}");
        return new InterfaceName("invalid");
    }

    private string AbsolutePath(string name)
    {
        var text = raw.Text(name)!;
        if (!text.StartsWith('/'))
            errors.Add($"{raw.Source(name)}: '{text}' must be an absolute path");
        return text;
    }

    /// <summary>A unix socket's path holds at most 107 bytes (unix(7), sun_path).</summary>
    private string SocketPath(string name)
    {
        var text = AbsolutePath(name);
        if (text.Length > 107)
            errors.Add($"{raw.Source(name)}: the path of a unix socket has at most 107 bytes, this one {text.Length}");
        return text;
    }

    private string OvsDb()
    {
        var text = raw.Text("ovs-db")!;
        // ovsdb-server resolves a relative path against its own run directory, we against our working directory.
        if (!text.StartsWith("unix:/", StringComparison.Ordinal))
            errors.Add($"{raw.Source("ovs-db")}: '{text}' must be unix: and an absolute path");
        return text;
    }

    private IPEndPoint? EndPoint(string name)
    {
        var text = raw.Text(name)!;
        if (text == "off")
            return null;
        if (text.Contains(':') && IPEndPoint.TryParse(text, out var endPoint) && endPoint.Port > 0)
            return endPoint;
        errors.Add($"{raw.Source(name)}: '{text}' is not ADDRESS:PORT or off");
        return null;
    }

    private TimeSpan Duration(string name, TimeSpan least, TimeSpan most)
    {
        var text = raw.Text(name)!;
        var unit = text.EndsWith("ms", StringComparison.Ordinal) ? "ms" : text.Length > 0 ? text[^1..] : "";
        var seconds = unit switch { "ms" => 0.001, "s" => 1, "m" => 60, "h" => 3600, _ => 0.0 };
        if (seconds > 0
            && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            // Compared as numbers: a TimeSpan ends at some ten million days.
            if (number * seconds >= least.TotalSeconds && number * seconds <= most.TotalSeconds)
                return TimeSpan.FromSeconds(number * seconds);
        }
        errors.Add($"{raw.Source(name)}: '{text}' is not a time from {least.TotalSeconds:0}s to {most.TotalSeconds:0}s, like 500ms, 10s or 5m");
        return least;
    }

    private LogLevel Level()
    {
        var text = raw.Text("log-level")!;
        // Enum.TryParse takes numbers too, also such as are no level.
        if (text.All(char.IsAsciiLetter) && Enum.TryParse<LogLevel>(text, ignoreCase: true, out var level) && level != LogLevel.None)
            return level;
        errors.Add($"{raw.Source("log-level")}: '{text}' is none of trace, debug, information, warning, error, critical");
        return LogLevel.Information;
    }
}
