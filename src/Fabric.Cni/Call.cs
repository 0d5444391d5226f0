using System.Globalization;
using System.Text;
using Fabric.Messages.Cni;

namespace Fabric.Cni;

/// <summary>One invocation's environment and input.</summary>
internal sealed unsafe class Call
{
    public required string Command { get; init; }
    public required string ContainerId { get; init; }
    public required string NetNs { get; init; }
    public required string IfName { get; init; }
    public required string Args { get; init; }
    public required string Path { get; init; }

    /// <summary>The configuration's bytes; empty until read.</summary>
    public byte[] Stdin { get; set; } = [];

    /// <summary>The configuration's cniVersion, for errors; null if it can't be told.</summary>
    public string? CniVersion { get; set; }

    public static Call FromEnvironment() => new()
    {
        Command = Variable("CNI_COMMAND"u8),
        ContainerId = Variable("CNI_CONTAINERID"u8),
        NetNs = Variable("CNI_NETNS"u8),
        IfName = Variable("CNI_IFNAME"u8),
        Args = Variable("CNI_ARGS"u8),
        Path = Variable("CNI_PATH"u8),
    };

    /// <summary>A variable's value, empty if unset. A u8 literal ends in a NUL, which is what getenv wants.</summary>
    public static string Variable(ReadOnlySpan<byte> name)
    {
        fixed (byte* start = name)
        {
            var value = Libc.GetEnv(start);
            return value == null ? "" : Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal
                .CreateReadOnlySpanFromNullTerminated(value));
        }
    }

    /// <summary>A variable in milliseconds, or <paramref name="otherwise"/> if it is unset, no number, or above ten
    /// minutes.</summary>
    public static int Milliseconds(ReadOnlySpan<byte> name, int otherwise) =>
        int.TryParse(Variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= 600_000
            ? value
            : otherwise;

    /// <summary>Prints a CNI error and answers with the exit code of every CNI error.</summary>
    public int Fail(CniErrorCode code, string message, string details = "")
    {
        // A closed stdout leaves nobody to tell; the exit code still says that it failed.
        _ = Descriptors.WriteAll(1, CniErrorJson.Write(CniVersion, code, message, details));
        return 1;
    }

    /// <summary>Fails with 11, or with 50 where STATUS asked: the agent can't serve this call now.</summary>
    public int FailForNow(string message, string details = "") =>
        Fail(Command == "STATUS" ? CniErrorCode.NotAvailable : CniErrorCode.TryAgainLater, message, details);
}
