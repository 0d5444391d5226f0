using System.Text.Json.Nodes;

namespace Fabric.EndToEnd;

/// <summary>What one run of the CNI binary left.</summary>
public sealed record CniRun(int ExitCode, string Stdout, string Stderr)
{
    public bool Succeeded => ExitCode == 0;

    public JsonNode Json => JsonNode.Parse(Stdout)!;

    /// <summary>The error's code; 0 after success.</summary>
    public int Code => Succeeded ? 0 : Json["code"]!.GetValue<int>();

    public string Message => Json["msg"]!.GetValue<string>();

    public string Details => Json["details"]!.GetValue<string>();

    /// <summary>The first address of a result, without its prefix length.</summary>
    public string Address => AddressAt(0);

    public string AddressAt(int index) => Json["ips"]![index]!["address"]!.GetValue<string>().Split('/')[0];

    public CniRun MustSucceed() => Succeeded ? this : throw new InvalidOperationException($"the CNI binary failed: {this}");

    public CniRun MustFail(int code) =>
        !Succeeded && Code == code ? this : throw new InvalidOperationException($"expected error {code}: {this}");

    public override string ToString() => $"exit code {ExitCode}, stdout {Stdout.Trim()}, stderr {Stderr.Trim()}";
}
