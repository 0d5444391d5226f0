using System.Text;
using Fabric.Messages.Cni;

namespace Fabric.Cni;

/// <summary>
/// The CNI binary: carries a runtime's call to the node's agent and the agent's answer back. It decides nothing that
/// the agent can decide, and must start, ask and exit in about two milliseconds.
/// </summary>
internal static class Program
{
    private static int Main()
    {
        // A peer that closes early shall be an error that is reported, not a silent death.
        _ = Libc.Signal(Libc.SigPipe, 1);
        var call = Call.FromEnvironment();
        if (call.Command.Length == 0 && Libc.IsTerminal(0) == 1)
            return Usage();

        // The request's other fields and headers must fit beside the configuration.
        const int stdinLimit = CniProtocol.MaxPayloadLength - 64 * 1024;
        var stdin = Descriptors.ReadAll(0, stdinLimit, out var errno);
        if (stdin is null && errno != 0)
            return call.Fail(CniErrorCode.InputOutput, "the network configuration can't be read from stdin: " + Libc.Describe(errno));
        if (stdin is null)
            return call.Fail(CniErrorCode.InvalidConfiguration, "the network configuration on stdin is longer than 960 KiB");
        call.Stdin = stdin;
        call.CniVersion = TopLevelJson.String(stdin, "cniVersion");

        if (call.Command == "VERSION")
            return Version(call);
        if (CniEnvironment.Fault(call.Command, call.ContainerId, call.NetNs, call.IfName, call.Path) is { } fault)
            return call.Fail(CniErrorCode.InvalidEnvironment, "invalid environment: " + fault);
        return AgentCall.Run(call);
    }

    /// <summary>Answers VERSION alone, so that a runtime can probe the binary while no agent runs.</summary>
    private static int Version(Call call)
    {
        if (call.Stdin.Length > 0 && !TopLevelJson.IsObject(call.Stdin))
            return call.Fail(CniErrorCode.Undecodable, "VERSION: stdin is not a JSON object");
        var supported = CniProtocol.SupportedVersions;
        var json = new StringBuilder(128)
            .Append("{\"cniVersion\":\"")
            .Append(CniProtocol.IsSupported(call.CniVersion) ? call.CniVersion : supported[^1])
            .Append("\",\"supportedVersions\":[");
        for (var i = 0; i < supported.Length; i++)
            json.Append(i == 0 ? "\"" : ",\"").Append(supported[i]).Append('"');
        return Descriptors.WriteAll(1, Encoding.UTF8.GetBytes(json.Append("]}\n").ToString())) == 0 ? 0 : 1;
    }

    private static int Usage()
    {
        var text = new StringBuilder(512)
            .Append("CNI fabric plugin v").Append(ThisVersion.Text)
            .Append("\nCNI protocol versions supported:");
        foreach (var version in CniProtocol.SupportedVersions)
            text.Append(version == "0.3.0" ? " " : ", ").Append(version);
        text.Append("\n\nContainer runtimes run this program with CNI_COMMAND set and a network configuration on stdin.\n")
            .Append("It hands the call to the fabric agent of this node at ").Append(CniProtocol.DefaultSocketPath)
            .Append(",\nor where \"agentSocket\" in the configuration or ").Append(CniProtocol.SocketVariable)
            .Append(" in the environment says.\n");
        _ = Descriptors.WriteAll(2, Encoding.UTF8.GetBytes(text.ToString()));
        return 0;
    }
}
