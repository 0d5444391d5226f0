using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;
using Fabric.Cluster;
using Fabric.Messages;
using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>One call on its way from bytes to a <see cref="CniRequest"/>; every way out that isn't success names what
/// was wrong.</summary>
internal sealed class CniRequestParser(CniRequestFrame frame, CorrelationId correlation)
{
    private const string ValidAttachmentsKey = "cni.dev/valid-attachments";

    private string _version = "";

    public CniParse Parse()
    {
        // The version first, though the environment is judged before it: errors are written in it.
        _version = TopLevelJson.String(frame.Stdin.Span, "cniVersion") ?? "";
        if (CniEnvironment.Fault(frame.Command, frame.ContainerId, frame.NetNsPath, frame.IfName, frame.Path) is { } fault)
            return Fail(CniErrors.InvalidEnvironment(fault, correlation));
        if (Command() is not { } command)
            return Fail(CniErrors.InvalidEnvironment("CNI_COMMAND VERSION is answered by the binary", correlation));
        if (command is CniCommand.Add or CniCommand.Check && frame.NetNs != CniNetNs.Attached)
            return Fail(CniErrors.InvalidEnvironment($"CNI_NETNS '{frame.NetNsPath}' can't be opened", correlation));
        if (CniArgs.Parse(frame.Args, out var argsFault) is not { } args)
            return Fail(CniErrors.InvalidEnvironment(argsFault, correlation));
        if (!Utf8.IsValid(frame.Stdin.Span))
            return Fail(CniErrors.Undecodable("the network configuration", "it is not UTF-8", correlation));
        try
        {
            using var document = JsonDocument.Parse(frame.Stdin);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return Fail(CniErrors.Undecodable("the network configuration", "it is not a JSON object", correlation));
            return Parse(command, args, document.RootElement);
        }
        catch (JsonException e)
        {
            return Fail(CniErrors.Undecodable("the network configuration", e.Message, correlation));
        }
        catch (InvalidOperationException e)
        {
            // A string with an escaped half of a surrogate pair is JSON by its grammar and still no text.
            return Fail(CniErrors.Undecodable("the network configuration", e.Message, correlation));
        }
        catch (CniJsonException e)
        {
            return Fail(CniErrors.InvalidConfiguration(e.Key, e.Value, e.Rule, correlation));
        }
    }

    private CniCommand? Command() => frame.Command switch
    {
        "ADD" => CniCommand.Add,
        "DEL" => CniCommand.Del,
        "CHECK" => CniCommand.Check,
        "GC" => CniCommand.Gc,
        "STATUS" => CniCommand.Status,
        _ => null,
    };

    private CniParse Fail(CniError error) => new CniParse.Failed(error, _version);

    private CniParse Parse(CniCommand command, CniArgs args, JsonElement json)
    {
        if (Version(json) is not { } version)
            return Fail(CniErrors.IncompatibleVersion(_version, correlation));
        _version = version;
        var configuration = Configuration(command, args, json);
        if (command == CniCommand.Check && configuration.PrevResult is null)
            throw new CniJsonException("prevResult", null, "the result of this attachment's ADD");
        AttachmentId? attachment = command is CniCommand.Add or CniCommand.Del or CniCommand.Check
            ? new AttachmentId(new ContainerId(frame.ContainerId), new InterfaceName(frame.IfName))
            : null;
        var valid = command == CniCommand.Gc ? ValidAttachments(json) : [];
        return new CniParse.Parsed(new CniRequest(
            command, attachment, frame.NetNsPath, frame.NetNs, args, configuration, valid, frame.Path, correlation));
    }

    /// <summary>
    /// cniVersion is what the runtime has settled on, and the answer must be of that version; only where it is missing
    /// or unknown does the list of versions that the configuration is good for decide, and then the highest that is
    /// supported.
    /// </summary>
    private static string? Version(JsonElement json)
    {
        var version = CniJson.String(json, "cniVersion");
        if (CniProtocol.IsSupported(version))
            return version;
        var others = CniJson.Strings(json, "cniVersions");
        return CniProtocol.SupportedVersions.ToArray().LastOrDefault(others.Contains);
    }

    private CniConfiguration Configuration(CniCommand command, CniArgs args, JsonElement json)
    {
        var name = CniJson.Member(json, "name") ?? throw new CniJsonException("name", null, "the network's name");
        if (NetworkName.Fault(CniJson.Text(name, "name")) is not null)
            throw CniJson.Wrong("name", name, "letters, digits, '_', '.' and '-', at most 255, a letter or digit first");
        var type = CniJson.String(json, "type");
        if (type.Length == 0)
            throw new CniJsonException("type", CniJson.Member(json, "type")?.GetRawText(), "the plugin's file name");
        var runtime = CniJson.Object(json, "runtimeConfig");
        var cniArgs = CniJson.Object(json, "args") is { } given ? CniJson.Object(given, "cni", "args.") : null;
        var mac = Mac(runtime, args, cniArgs);
        var ips = Ips(runtime, args, cniArgs);
        return new CniConfiguration(
            _version,
            new NetworkName(name.GetString()!),
            type,
            CniJson.String(json, "agentSocket"),
            Mtu(json),
            Ipam(json),
            mac,
            ips,
            CniJson.Dns(json, ""),
            PrevResult(command, json),
            ConfigurationDigest.Of(json, mac, ips),
            frame.Stdin,
            VirtualNetwork(json),
            CniJson.String(json, "network").Length > 0);
    }

    /// <summary>The key <c>network</c>, beside <c>name</c>: several CNI configurations may attach to one virtual network.</summary>
    private static NetworkName? VirtualNetwork(JsonElement json)
    {
        if (CniJson.Member(json, "network") is not { } member || CniJson.Text(member, "network") is "" or VtepMesh.DefaultNetwork)
            return null;
        if (!NetworkName.TryParse(member.GetString(), null, out var network))
            throw CniJson.Wrong("network", member, "a virtual network's name, as fabric network list shows it");
        return Ipam(json) is { } ipam
            ? throw new CniJsonException("ipam.type", $"\"{ipam.Type}\"", "absent with network: a virtual network assigns its addresses itself")
            : network;
    }

    private static int Mtu(JsonElement json)
    {
        var mtu = CniJson.Int(json, "mtu", 0, 65535) ?? 0;
        // RFC 791: every IPv4 link carries 68 bytes. The upper bound that counts is the fabric's, which is not known
        // here.
        return mtu is 0 or >= 68
            ? mtu
            : throw CniJson.Wrong("mtu", json.GetProperty("mtu"), "0 (the fabric's) or an integer from 68 to 65535");
    }

    private static CniIpam? Ipam(JsonElement json)
    {
        if (CniJson.Object(json, "ipam") is not { } ipam)
            return null;
        var type = CniJson.String(ipam, "type", "ipam.");
        if (type.Length == 0)
        {
            // {} is how configurations say "none"; keys without a type are a mistake.
            return ipam.EnumerateObject().All(m => m.NameEquals("type"))
                ? null
                : throw new CniJsonException("ipam.type", CniJson.Member(ipam, "type")?.GetRawText(), "an IPAM plugin's file name");
        }
        if (type.Contains('/') || type.Contains('\0'))
            throw CniJson.Wrong("ipam.type", ipam.GetProperty("type"), "a file name without '/'");
        return new CniIpam(type, ipam.GetRawText());
    }

    private static MacAddress? Mac(JsonElement? runtime, CniArgs args, JsonElement? cniArgs)
    {
        if (runtime is { } r && CniJson.Member(r, "mac") is { } mac && CniJson.Text(mac, "runtimeConfig.mac").Length > 0)
            return ParseMac(mac, "runtimeConfig.mac");
        if (args.Mac is { } fromArgs)
            return fromArgs;
        return FromArgsCni(cniArgs, "mac") is { ValueKind: JsonValueKind.String } member && member.GetString()!.Length > 0
            ? ParseMac(member, "args.cni.mac")
            : null;
    }

    private static MacAddress ParseMac(JsonElement json, string key) =>
        MacRule.TryParse(json.GetString()!, out var mac) ? mac : throw CniJson.Wrong(key, json, MacRule.Text);

    private static ImmutableArray<IpAddress> Ips(JsonElement? runtime, CniArgs args, JsonElement? cniArgs)
    {
        if (runtime is { } r && CniJson.Array(r, "ips", "runtimeConfig.").Any())
            return [.. CniJson.Array(r, "ips", "runtimeConfig.").Select(item => ParseIp(item, "runtimeConfig.ips"))];
        if (args.Ip is { } fromArgs)
            return [fromArgs];
        return FromArgsCni(cniArgs, "ips") is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Select(item => ParseIp(item, "args.cni.ips"))]
            : [];
    }

    private static IpAddress ParseIp(JsonElement json, string key) => CniArgs.TryAddress(CniJson.Text(json, key), out var ip)
        ? ip
        : throw CniJson.Wrong(key, json, "IP addresses, with or without a prefix length");

    // Keys under args.cni are matched without regard to case, and values of another type are not ours: ovs-cni's rule.
    private static JsonElement? FromArgsCni(JsonElement? cniArgs, string name)
    {
        if (cniArgs is not { } json)
            return null;
        foreach (var member in json.EnumerateObject())
        {
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return member.Value;
        }
        return null;
    }

    /// <summary>
    /// ADD and CHECK act on it, so it must be right. DEL must succeed with whatever a runtime has cached, and GC and
    /// STATUS have no use for it: there an unreadable one counts as none.
    /// </summary>
    private static CniResult? PrevResult(CniCommand command, JsonElement json)
    {
        if (CniJson.Member(json, "prevResult") is not { } member)
            return null;
        if (command is CniCommand.Add or CniCommand.Check)
            return CniResultReader.Read(member, "prevResult.");
        try
        {
            return CniResultReader.Read(member, "prevResult.");
        }
        catch (CniJsonException)
        {
            return null;
        }
    }

    /// <summary>A missing key and null are refused: read as "none is valid", they would delete every pod's
    /// interface.</summary>
    private static ImmutableArray<AttachmentId> ValidAttachments(JsonElement json)
    {
        if (CniJson.Member(json, ValidAttachmentsKey) is not { ValueKind: JsonValueKind.Array } list)
        {
            throw new CniJsonException(
                ValidAttachmentsKey,
                json.TryGetProperty(ValidAttachmentsKey, out var wrong) ? wrong.GetRawText() : null,
                "the list of the attachments to keep, [] for none");
        }
        return [.. list.EnumerateArray().Select(item =>
        {
            if (item.ValueKind != JsonValueKind.Object
                || !ContainerId.TryParse(CniJson.String(item, "containerID", ValidAttachmentsKey + "."), null, out var container)
                || !InterfaceName.TryParse(CniJson.String(item, "ifname", ValidAttachmentsKey + "."), null, out var name))
                throw CniJson.Wrong(ValidAttachmentsKey, item, "a list of {\"containerID\": …, \"ifname\": …}");
            return new AttachmentId(container, name);
        })];
    }
}
