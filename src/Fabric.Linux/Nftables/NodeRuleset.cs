using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fabric.Linux.Nftables;

/// <summary>Renders the rules a node needs beside its flows, as nft text: pure and deterministic.</summary>
/// <remarks>
/// The text replaces the whole table in one transaction, so there is no moment without it and applying it twice
/// changes nothing. Established connections keep their translation. An <c>accept</c> ends only this table's chain: a
/// drop by another table stands.
/// </remarks>
public static class NodeRuleset
{
    /// <summary>Renders the table.</summary>
    /// <exception cref="ArgumentException">A name can't stand in nft text, or an address is of the wrong family.
    /// </exception>
    public static string Render(NodeRulesetSpec spec)
    {
        Validate(spec);
        var text = new StringBuilder();
        // "table" before "delete": deleting what is not there would refuse the whole transaction.
        text.Append(CultureInfo.InvariantCulture, $"""
            table inet {spec.TableName}
            delete table inet {spec.TableName}
            table inet {spec.TableName} {Open}

            """);
        var direct = spec.ClusterCidrs.Concat(spec.NoMasqueradeCidrs).ToArray();
        foreach (var (family, suffix) in Families)
        {
            WriteSet(text, $"cluster{suffix}", suffix, Networks(spec.ClusterCidrs, family), isInterval: true);
            WriteSet(text, $"direct{suffix}", suffix, Networks(direct, family), isInterval: true);
            WriteSet(text, $"vteps{suffix}", suffix, Addresses(spec.Vteps, family), isInterval: false);
        }
        WriteForward(text, spec);
        WritePostrouting(text, spec);
        return text.Append("}\n").ToString();
    }

    /// <summary>Renders the change of the tunnel endpoints alone, for a table that exists.</summary>
    /// <exception cref="ArgumentException">The table's name can't stand in nft text.</exception>
    public static string RenderVteps(string tableName, IReadOnlyList<IPAddress> vteps)
    {
        ValidateName(tableName, nameof(tableName));
        var text = new StringBuilder();
        foreach (var (family, suffix) in Families)
        {
            text.Append(CultureInfo.InvariantCulture, $"flush set inet {tableName} vteps{suffix}\n");
            if (Addresses(vteps, family) is { Length: > 0 } elements)
                text.Append(CultureInfo.InvariantCulture,
                    $"add element inet {tableName} vteps{suffix} {Open} {string.Join(", ", elements)} {Close}\n");
        }
        return text.ToString();
    }

    private const char Open = '{', Close = '}';

    private static readonly (AddressFamily Family, char Suffix)[] Families =
        [(AddressFamily.InterNetwork, '4'), (AddressFamily.InterNetworkV6, '6')];

    private static void WriteForward(StringBuilder text, NodeRulesetSpec spec)
    {
        var gateway = spec.GatewayDevice;
        var tunnel = spec.OverlayUdpPort is { } port ? $"udp dport {port}" : "meta l4proto 47";
        text.Append(CultureInfo.InvariantCulture, $"""
                chain forward {Open}
                    type filter hook forward priority filter; policy accept;
                    iifname "{gateway}" ip daddr @vteps4 {tunnel} drop comment "pods forge no overlay packets"
                    iifname "{gateway}" ip6 daddr @vteps6 {tunnel} drop comment "pods forge no overlay packets"
                    iifname "{gateway}" accept
                    oifname "{gateway}" accept
                {Close}

            """);
        // A packet a pod sends to this node's own endpoint is not forwarded but delivered.
        text.Append(CultureInfo.InvariantCulture, $"""
                chain input {Open}
                    type filter hook input priority filter; policy accept;
                    iifname "{gateway}" ip daddr @vteps4 {tunnel} drop comment "pods forge no overlay packets"
                    iifname "{gateway}" ip6 daddr @vteps6 {tunnel} drop comment "pods forge no overlay packets"
                {Close}

            """);
    }

    private static void WritePostrouting(StringBuilder text, NodeRulesetSpec spec)
    {
        var gateway = spec.GatewayDevice;
        // Before kube-proxy's chain at srcnat, which would give a local source the gateway's own address.
        text.Append(CultureInfo.InvariantCulture, $"""
                chain postrouting {Open}
                    type nat hook postrouting priority srcnat - 10; policy accept;

            """);
        if (spec.HostIdentityV4 is { } v4)
            text.Append(CultureInfo.InvariantCulture, $"""
                        oifname "{gateway}" ip saddr != {v4} fib saddr type local snat ip to {v4}

                """);
        if (spec.HostIdentityV6 is { } v6)
        {
            var exempt = $"{Open} {v6}, fe80::/10 {Close}";
            text.Append(CultureInfo.InvariantCulture, $"""
                        oifname "{gateway}" ip6 saddr != {exempt} fib saddr type local snat ip6 to {v6}

                """);
        }
        foreach (var (family, suffix) in Families)
        {
            var word = family == AddressFamily.InterNetwork ? "ip" : "ip6";
            text.Append(CultureInfo.InvariantCulture, $"""
                        oifname != "{gateway}" {word} saddr @cluster{suffix} {word} daddr != @direct{suffix} masquerade

                """);
        }
        text.Append("    }\n");
    }

    private static void WriteSet(StringBuilder text, string name, char suffix, string[] elements, bool isInterval)
    {
        text.Append(CultureInfo.InvariantCulture, $"    set {name} {Open}\n        type ipv{suffix}_addr;\n");
        if (isInterval)
            // auto-merge: one CIDR may lie in another.
            text.Append("        flags interval;\n        auto-merge;\n");
        if (elements.Length > 0)
            text.Append(CultureInfo.InvariantCulture,
                $"        elements = {Open} {string.Join(", ", elements)} {Close};\n");
        text.Append("    }\n");
    }

    private static string[] Networks(IEnumerable<IPNetwork> networks, AddressFamily family) =>
        [.. networks.Where(n => n.BaseAddress.AddressFamily == family).Select(n => n.ToString())
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static string[] Addresses(IEnumerable<IPAddress> addresses, AddressFamily family) =>
        [.. addresses.Where(a => a.AddressFamily == family).Select(a => a.ToString())
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static void Validate(NodeRulesetSpec spec)
    {
        ValidateName(spec.TableName, nameof(spec));
        // Inside quotes nft takes a trailing * for a pattern.
        if (!Pods.PodLink.IsValidInterfaceName(spec.GatewayDevice)
            || spec.GatewayDevice.AsSpan().IndexOfAny("\"*\\") >= 0)
            throw new ArgumentException($"'{spec.GatewayDevice}' is not a device name nft can match", nameof(spec));
        if (spec.HostIdentityV4 is { AddressFamily: not AddressFamily.InterNetwork }
            || spec.HostIdentityV6 is { AddressFamily: not AddressFamily.InterNetworkV6 })
            throw new ArgumentException("a host identity is of the wrong family", nameof(spec));
        if (spec.OverlayUdpPort is < 1 or > 65535)
            throw new ArgumentException($"{spec.OverlayUdpPort} is not a UDP port", nameof(spec));
    }

    private static void ValidateName(string name, string parameter)
    {
        if (name.Length is 0 or > 64 || !char.IsAsciiLetter(name[0])
            || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            throw new ArgumentException($"'{name}' is not a table name", parameter);
    }
}
