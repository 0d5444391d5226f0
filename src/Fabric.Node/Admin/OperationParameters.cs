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

    public AdminError? Fault() => _fault
        ?? (query.Keys.FirstOrDefault(k => !_known.Contains(k)) is { } unknown
            ? new AdminError($"there is no parameter '{unknown}'", unknown, query[unknown].ToString(), [.. _known.Order(StringComparer.Ordinal)])
            : null);
}
