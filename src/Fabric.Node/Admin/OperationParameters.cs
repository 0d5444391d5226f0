using System.Collections.Immutable;
using System.Globalization;
using Fabric.Cluster;
using Fabric.Messages;
using Microsoft.AspNetCore.Http;

namespace Fabric.Node;

/// <summary>Reads an operation's parameters; what is wrong with them first is <see cref="Fault"/>.</summary>
internal sealed class OperationParameters(IQueryCollection query)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private AdminError? _fault;

    public string? Text(string name)
    {
        _known.Add(name);
        if (query[name] is [_, _, ..])
            _fault ??= new AdminError($"'{name}' is given more than once", name, query[name].ToString(), []);
        return query[name] is [{ Length: > 0 } text] ? text : null;
    }

    public bool Flag(string name)
    {
        var text = Text(name);
        if (text is not (null or "true" or "false"))
            _fault ??= new AdminError($"'{name}' is true or false, not '{text}'", name, text, ["true", "false"]);
        return text == "true";
    }

    public NodeName Node()
    {
        var text = Text("node");
        if (NodeName.Fault(text ?? "") is not { } fault)
            return new NodeName(text!);
        _fault ??= new AdminError(text is null ? "'node' is needed: which one?" : $"'node': {fault}", "node", text, []);
        return default;
    }

    public ClusterCidr ClusterCidr()
    {
        var (text, length) = (Text("cidr"), Text("nodePrefixLength"));
        if (!Cidr.TryParse(text, CultureInfo.InvariantCulture, out var cidr))
            _fault ??= new AdminError($"'cidr' must be ADDRESS/PREFIX with the host bits zero, like 10.245.0.0/16, not '{text}'", "cidr", text, []);
        if (!int.TryParse(length ?? (cidr.IsV6 ? "64" : "24"), NumberStyles.None, CultureInfo.InvariantCulture, out var bits))
            _fault ??= new AdminError($"'nodePrefixLength' is a number of bits, not '{length}'", "nodePrefixLength", length, []);
        return new ClusterCidr(cidr, bits);
    }

    public NetworkName Network()
    {
        var text = Text("network");
        if (NetworkName.Fault(text ?? "") is not { } fault)
            return new NetworkName(text!);
        _fault ??= new AdminError(text is null ? "'network' is needed: which one?" : $"'network': {fault}", "network", text, []);
        return default;
    }

    public Vni? Vni()
    {
        var text = Text("vni");
        if (text is null)
            return null;
        if (!Messages.Vni.TryParse(text, CultureInfo.InvariantCulture, out var vni))
        {
            _fault ??= new AdminError($"'vni' must be a number from {Messages.Vni.Min} to {Messages.Vni.Max}, not '{text}'", "vni", text, []);
        }
        return vni;
    }

    /// <summary>One subnet for each family, with what else is said of it; several values of a parameter are parted by commas.</summary>
    public ImmutableArray<NetworkSubnet> Subnets()
    {
        var cidrs = List("subnet", "ADDRESS/PREFIX with the host bits zero, like 10.9.0.0/16", (string s, out Cidr cidr) =>
            Cidr.TryParse(s, CultureInfo.InvariantCulture, out cidr));
        if (cidrs.IsEmpty)
            _fault ??= new AdminError("'subnet' is needed: which addresses?", "subnet", null, []);
        var gateways = List("gateway", "an IP address", (string s, out IpAddress address) =>
            IpAddress.TryParse(s, CultureInfo.InvariantCulture, out address));
        var excluded = List("exclude", "an IP address or a CIDR", (string s, out Cidr cidr) =>
        {
            if (!IpAddress.TryParse(s, CultureInfo.InvariantCulture, out var address))
                return Cidr.TryParse(s, CultureInfo.InvariantCulture, out cidr);
            cidr = new Cidr(address, address.Width);
            return true;
        });
        var lengths = List("blockPrefixLength", "a number of bits", (string s, out int bits) =>
            int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out bits));
        if (lengths.Length > Math.Max(1, cidrs.Length))
            _fault ??= new AdminError("'blockPrefixLength' is one number for each subnet", "blockPrefixLength", Text("blockPrefixLength"), []);
        if (gateways.GroupBy(g => g.IsV6).Any(g => g.Count() > 1) || gateways.Any(g => !cidrs.Any(c => c.IsV6 == g.IsV6)))
            _fault ??= new AdminError("'gateway' is one address for each subnet", "gateway", Text("gateway"), []);
        if (excluded.Any(e => !cidrs.Any(c => c.IsV6 == e.IsV6)))
            _fault ??= new AdminError("'exclude' names addresses of a family that the network has none of", "exclude", Text("exclude"), []);
        return
        [
            .. cidrs.Select((cidr, i) => new NetworkSubnet(cidr,
                    gateways.Where(g => g.IsV6 == cidr.IsV6).Cast<IpAddress?>().FirstOrDefault() ?? (cidr.Size > 1 ? cidr.At(1) : cidr.Network),
                    [.. excluded.Where(e => e.IsV6 == cidr.IsV6).Distinct().Order()],
                    i < lengths.Length ? lengths[i] : VirtualNetworks.DefaultBlockPrefixLength(cidr)))
                .OrderBy(s => s.Cidr),
        ];
    }

    private delegate bool TryParse<T>(string text, out T value);

    private ImmutableArray<T> List<T>(string name, string rule, TryParse<T> tryParse)
    {
        var values = ImmutableArray.CreateBuilder<T>();
        foreach (var text in Text(name)?.Split(',') ?? [])
        {
            if (tryParse(text, out var value))
                values.Add(value);
            else
                _fault ??= new AdminError($"'{name}' must be {rule}, not '{text}'", name, text, []);
        }
        return values.ToImmutable();
    }

    public AdminError? Fault() => _fault
        ?? (query.Keys.FirstOrDefault(k => !_known.Contains(k)) is { } unknown
            ? new AdminError($"there is no parameter '{unknown}'", unknown, query[unknown].ToString(), [.. _known.Order(StringComparer.Ordinal)])
            : null);
}
