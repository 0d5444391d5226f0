using System.Collections.Immutable;
using System.Text.Json;
using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>Reads results that other plugins or earlier calls wrote, in the shape of any version from 0.3.0
/// on.</summary>
/// <remarks>
/// The versions' shapes only grow, so one reader serves all; the <c>version</c> word of old addresses repeats what the
/// address itself says and is passed over. Members that Fabric doesn't know are ignored.
/// </remarks>
public static class CniResultReader
{
    /// <summary>Reads a whole result; <paramref name="fault"/> names the member when the answer is null.</summary>
    public static CniResult? Read(ReadOnlyMemory<byte> json, out string fault)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            fault = "";
            return Read(document.RootElement, "");
        }
        catch (JsonException e)
        {
            fault = "not JSON: " + e.Message;
        }
        catch (InvalidOperationException e)
        {
            // Strings that have no UTF-16 form: bytes that are not UTF-8, or half of a surrogate pair.
            fault = "not JSON: " + e.Message;
        }
        catch (CniJsonException e)
        {
            fault = e.Message;
        }
        return null;
    }

    /// <summary>Reads an IPAM plugin's result: as <see cref="Read(ReadOnlyMemory{byte}, out string)"/>, with at least
    /// one address.</summary>
    public static IpamResult? ReadIpam(ReadOnlyMemory<byte> json, out string fault)
    {
        if (Read(json, out fault) is not { } result)
            return null;
        if (!result.Ips.IsEmpty)
            return new IpamResult([.. result.Ips.Select(ip => ip with { Interface = null })], result.Routes, result.Dns);
        fault = "the result holds no address";
        return null;
    }

    /// <exception cref="CniJsonException">A member is not what it must be.</exception>
    internal static CniResult Read(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw CniJson.Wrong(path.Length == 0 ? "the result" : path.TrimEnd('.'), json, "an object");
        var interfaces = CniJson.Array(json, "interfaces", path).Select(item => Interface(item, path)).ToImmutableArray();
        return new CniResult(
            interfaces,
            [.. CniJson.Array(json, "ips", path).Select(item => Ip(item, path, interfaces.Length))],
            [.. CniJson.Array(json, "routes", path).Select(item => Route(item, path))],
            CniJson.Dns(json, path));
    }

    private static CniInterface Interface(JsonElement json, string path)
    {
        var here = path + "interfaces.";
        Require(json, here);
        return new CniInterface(
            CniJson.String(json, "name", here),
            CniJson.String(json, "mac", here),
            CniJson.String(json, "sandbox", here),
            CniJson.Int(json, "mtu", 0, int.MaxValue, here) ?? 0,
            CniJson.String(json, "socketPath", here),
            CniJson.String(json, "pciID", here));
    }

    private static CniIp Ip(JsonElement json, string path, int interfaces)
    {
        var here = path + "ips.";
        Require(json, here);
        var address = CniJson.Member(json, "address") is { } member
            && AddressPrefix.TryParse(CniJson.Text(member, here + "address"), null, out var parsed)
                ? parsed
                : throw new CniJsonException(here + "address", CniJson.Member(json, "address")?.GetRawText(), "ADDRESS/PREFIX");
        // An IPAM plugin has no interfaces; some give an index all the same, for the caller's future list.
        var max = interfaces == 0 ? int.MaxValue : interfaces - 1;
        return new CniIp(address, Gateway(json, "gateway", here), CniJson.Int(json, "interface", 0, max, here));
    }

    private static CniRoute Route(JsonElement json, string path)
    {
        var here = path + "routes.";
        Require(json, here);
        // The reference implementation keeps host bits in a destination, so they are cleared here, not refused.
        var destination = CniJson.Member(json, "dst") is { } member
            && AddressPrefix.TryParse(CniJson.Text(member, here + "dst"), null, out var parsed)
                ? parsed.Subnet
                : throw new CniJsonException(here + "dst", CniJson.Member(json, "dst")?.GetRawText(), "NETWORK/PREFIX");
        return new CniRoute(
            destination,
            Gateway(json, "gw", here),
            CniJson.Int(json, "mtu", 0, int.MaxValue, here),
            CniJson.Int(json, "advmss", 0, int.MaxValue, here),
            CniJson.Int(json, "priority", 0, int.MaxValue, here),
            CniJson.Int(json, "table", 0, int.MaxValue, here),
            CniJson.Int(json, "scope", 0, 255, here));
    }

    private static IpAddress? Gateway(JsonElement json, string name, string path)
    {
        var text = CniJson.String(json, name, path);
        if (text.Length == 0)
            return null;
        return IpAddress.TryParse(text, null, out var address)
            ? address
            : throw new CniJsonException(path + name, text, "an IP address");
    }

    private static void Require(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw CniJson.Wrong(path.TrimEnd('.'), json, "a list of objects");
    }
}
