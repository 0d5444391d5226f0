using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fabric.Cluster;

/// <summary>
/// Reads <c>HOST:PORT[,HOST:PORT…][?KEY=VALUE[&amp;KEY=VALUE…]]</c>. Values are percent-decoded (RFC 3986, section 2.1).
/// </summary>
internal static class EtcdUriParser
{
    private const string Shape = "etcd://HOST:PORT[,HOST:PORT…]";
    private const string Keys = "prefix, ca, cert, key, user, password-file";

    /// <param name="rest">What follows <c>etcd:</c>.</param>
    /// <param name="fault">What is wrong, without the password.</param>
    public static bool TryParse(string rest, [NotNullWhen(true)] out EtcdOptions? options, [NotNullWhen(false)] out string? fault)
    {
        options = null;
        if (!rest.StartsWith("//", StringComparison.Ordinal))
        {
            fault = $"write two slashes after the scheme: {Shape}";
            return false;
        }
        var question = rest.IndexOf('?');
        var authority = question < 0 ? rest[2..] : rest[2..question];
        fault = Endpoints(authority, out var endpoints);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        fault ??= question < 0 ? null : Values(rest[(question + 1)..], values);
        fault ??= Contradiction(values);
        if (fault is not null)
            return false;
        var (user, password) = Split(values.GetValueOrDefault("user"));
        options = new EtcdOptions
        {
            Endpoints = endpoints,
            Prefix = values.GetValueOrDefault("prefix") ?? EtcdOptions.DefaultPrefix,
            CaFile = values.GetValueOrDefault("ca"),
            CertFile = values.GetValueOrDefault("cert"),
            KeyFile = values.GetValueOrDefault("key"),
            User = user,
            Password = password,
            PasswordFile = values.GetValueOrDefault("password-file"),
        };
        return true;
    }

    private static string? Endpoints(string authority, out ImmutableArray<EtcdEndpoint> endpoints)
    {
        endpoints = [];
        if (authority.Length == 0)
            return $"it names no endpoint: write {Shape}";
        foreach (var part in authority.Split(','))
        {
            if (Endpoint(part, out var endpoint) is { } fault)
                return $"endpoint '{part}' {fault}";
            if (endpoints.Contains(endpoint))
                return $"endpoint '{part}' is there twice";
            endpoints = endpoints.Add(endpoint);
        }
        return null;
    }

    private static string? Endpoint(string text, out EtcdEndpoint endpoint)
    {
        endpoint = new EtcdEndpoint("", 0);
        if (text.Contains("://", StringComparison.Ordinal))
            return "must be HOST:PORT without a scheme of its own; ca=PATH chooses TLS";
        if (text.Contains('@'))
            return "must be HOST:PORT; the user goes into user=NAME&password-file=PATH";
        if (text.Contains('/'))
            return "must be HOST:PORT without a path; the keys' prefix goes into prefix=/PATH";
        var colon = text.LastIndexOf(':');
        var bracket = text.LastIndexOf(']');
        if (colon <= bracket)
            return text.Length == 0 ? "is empty" : "has no port; etcd serves clients at 2379";
        var (host, port) = (text[..colon], text[(colon + 1)..]);
        if (!host.StartsWith('[') && host.Contains(':'))
            return "is an IPv6 address: write it in brackets, as in [fd00::1]:2379";
        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65535)
            return $"has port '{port}'; a port is a number from 1 to 65535";
        var kind = Uri.CheckHostName(host);
        if (kind is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6))
            return $"has host '{host}', which is no name and no address";
        endpoint = new EtcdEndpoint(host.Trim('[', ']'), number);
        return null;
    }

    private static string? Values(string query, Dictionary<string, string> values)
    {
        foreach (var pair in query.Split('&'))
        {
            var equals = pair.IndexOf('=');
            var key = equals < 0 ? pair : pair[..equals];
            if (key is not ("prefix" or "ca" or "cert" or "key" or "user" or "password-file"))
                return $"'{key}' is none of {Keys}";
            if (equals < 0 || equals == pair.Length - 1)
                return $"{key} has no value";
            if (!values.TryAdd(key, Uri.UnescapeDataString(pair[(equals + 1)..])))
                return $"{key} is there twice";
        }
        return null;
    }

    private static string? Contradiction(Dictionary<string, string> values)
    {
        foreach (var key in new[] { "ca", "cert", "key", "password-file" })
        {
            if (values.TryGetValue(key, out var path) && !path.StartsWith('/'))
                return $"{key}={path}: the path must be absolute";
        }
        if (values.TryGetValue("prefix", out var prefix)
            && (!prefix.StartsWith('/') || prefix.EndsWith('/') || prefix.Any(c => c is <= ' ' or > '~')))
            return $"prefix={prefix}: it must begin with a slash, end without one and hold printable ASCII only";
        if (values.ContainsKey("cert") != values.ContainsKey("key"))
            return "cert=PATH and key=PATH belong together: one of them is missing";
        var (user, password) = Split(values.GetValueOrDefault("user"));
        var file = values.ContainsKey("password-file");
        return (user, password) switch
        {
            (null, _) when file => "password-file=PATH needs user=NAME",
            (null, _) => null,
            ("", _) => "user has no name: write user=NAME&password-file=PATH",
            (_, null) when !file => $"user={user} has no password: add password-file=PATH, or write user={user}:PASSWORD",
            (_, not null) when file => "the password is there twice, in user=NAME:PASSWORD and as password-file",
            (_, "") => $"user={user} has an empty password",
            _ => null,
        };
    }

    private static (string? User, string? Password) Split(string? user)
    {
        var colon = user?.IndexOf(':') ?? -1;
        return colon < 0 ? (user, null) : (user![..colon], user[(colon + 1)..]);
    }
}
