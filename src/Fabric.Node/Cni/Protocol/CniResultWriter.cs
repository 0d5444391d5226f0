using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>Writes a result in exactly the shape that a CNI version demands.</summary>
/// <remarks>
/// 0.3.0, 0.3.1 and 0.4.0 share one shape, in which an address names its family (<c>"version":"4"</c>). 1.0.0 dropped
/// that word. 1.1.0 added mtu, socketPath and pciID to interfaces and mtu, advmss, priority, table and scope to routes.
/// As the reference plugins do, empty optional members are left out and <c>dns</c> never is.
/// </remarks>
public static class CniResultWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The result as one line of JSON, ended by a line feed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The version is not one that Fabric speaks.</exception>
    public static byte[] Write(CniResult result, string version)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (!CniProtocol.IsSupported(version))
            throw new ArgumentOutOfRangeException(nameof(version), version, "not a supported CNI version");
        var namesFamily = version.StartsWith("0.", StringComparison.Ordinal);
        var isNewest = version == "1.1.0";
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", version);
            WriteInterfaces(json, result.Interfaces, isNewest);
            WriteIps(json, result.Ips, namesFamily);
            WriteRoutes(json, result.Routes, isNewest);
            WriteDns(json, result.Dns);
            json.WriteEndObject();
        }
        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static void WriteInterfaces(Utf8JsonWriter json, ImmutableArray<CniInterface> interfaces, bool isNewest)
    {
        if (interfaces.IsEmpty)
            return;
        json.WriteStartArray("interfaces");
        foreach (var item in interfaces)
        {
            json.WriteStartObject();
            json.WriteString("name", item.Name);
            WriteUnlessEmpty(json, "mac", item.Mac);
            if (isNewest && item.MtuBytes != 0)
                json.WriteNumber("mtu", item.MtuBytes);
            WriteUnlessEmpty(json, "sandbox", item.Sandbox);
            if (isNewest)
            {
                WriteUnlessEmpty(json, "socketPath", item.SocketPath);
                WriteUnlessEmpty(json, "pciID", item.PciId);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteIps(Utf8JsonWriter json, ImmutableArray<CniIp> ips, bool namesFamily)
    {
        if (ips.IsEmpty)
            return;
        json.WriteStartArray("ips");
        foreach (var ip in ips)
        {
            json.WriteStartObject();
            if (namesFamily)
                json.WriteString("version", ip.Address.Address.IsV6 ? "6" : "4");
            if (ip.Interface is { } index)
                json.WriteNumber("interface", index);
            json.WriteString("address", ip.Address.ToString());
            if (ip.Gateway is { } gateway)
                json.WriteString("gateway", gateway.ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteRoutes(Utf8JsonWriter json, ImmutableArray<CniRoute> routes, bool isNewest)
    {
        if (routes.IsEmpty)
            return;
        json.WriteStartArray("routes");
        foreach (var route in routes)
        {
            json.WriteStartObject();
            json.WriteString("dst", route.Destination.ToString());
            if (route.Gateway is { } gateway)
                json.WriteString("gw", gateway.ToString());
            if (isNewest)
            {
                WriteIfGiven(json, "mtu", route.MtuBytes);
                WriteIfGiven(json, "advmss", route.AdvMss);
                WriteIfGiven(json, "priority", route.Priority);
                WriteIfGiven(json, "table", route.Table);
                WriteIfGiven(json, "scope", route.Scope);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteDns(Utf8JsonWriter json, CniDns dns)
    {
        json.WriteStartObject("dns");
        WriteStrings(json, "nameservers", dns.Nameservers);
        WriteUnlessEmpty(json, "domain", dns.Domain);
        WriteStrings(json, "search", dns.Search);
        WriteStrings(json, "options", dns.Options);
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, ImmutableArray<string> values)
    {
        if (values.IsEmpty)
            return;
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void WriteUnlessEmpty(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
            json.WriteString(name, value);
    }

    private static void WriteIfGiven(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }
}
