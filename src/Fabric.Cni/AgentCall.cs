using System.Globalization;
using System.Text;
using Fabric.Messages.Cni;

namespace Fabric.Cni;

/// <summary>One call to the agent: request, any number of delegated plugin runs, result.</summary>
internal static unsafe class AgentCall
{
    private const int DefaultWaitMs = 5_000;
    private const int DefaultDeadlineMs = 120_000;

    public static int Run(Call call)
    {
        var netNs = CniNetNs.NotGiven;
        var netNsDescriptor = -1;
        if (call.NetNs.Length > 0 && call.Command is "ADD" or "CHECK" or "DEL")
        {
            netNsDescriptor = Open(call.NetNs);
            netNs = netNsDescriptor >= 0 ? CniNetNs.Attached : CniNetNs.Unopenable;
            // DEL goes on without: the namespace is often gone already, and then so is everything in it.
            if (netNsDescriptor < 0 && call.Command != "DEL")
                return call.Fail(CniErrorCode.InvalidEnvironment,
                    "CNI_NETNS '" + call.NetNs + "' can't be opened: " + Libc.Describe(Libc.Error));
        }
        var request = new CniRequestFrame(
            call.Command, call.ContainerId, call.NetNs, call.IfName, call.Args, call.Path, netNs, call.Stdin).Encode();
        if (request.IsEmpty)
            return call.Fail(CniErrorCode.InvalidEnvironment, "CNI_ARGS and CNI_PATH are together longer than 64 KiB");

        if (SocketPath(call, out var socketPath) is { } fault)
            return fault;
        var waitMs = Call.Milliseconds("FABRIC_CNI_WAIT_MS"u8, DefaultWaitMs);
        using var agent = AgentConnection.Open(socketPath, new Deadline(waitMs), out var errno);
        if (agent is null)
            return call.FailForNow(
                "the fabric agent can't be reached at " + socketPath + ": " + Libc.Describe(errno) + "; try again later",
                "waited " + Number(waitMs) + " ms; is the fabric-node pod of this node running?");
        var deadlineMs = Call.Milliseconds("FABRIC_CNI_DEADLINE_MS"u8, DefaultDeadlineMs);
        var deadline = new Deadline(deadlineMs);
        var outcome = agent.Send(request.Span, netNsDescriptor, deadline);
        // An agent of another version may answer and close before it has read everything: its answer still counts.
        if (outcome is AgentOutcome.Closed or AgentOutcome.Done)
            return Converse(call, agent, deadline, deadlineMs);
        return Broken(call, agent, outcome, deadlineMs);
    }

    private static int Converse(Call call, AgentConnection agent, Deadline deadline, int deadlineMs)
    {
        while (true)
        {
            var outcome = agent.Receive(deadline);
            if (outcome != AgentOutcome.Done)
                return Broken(call, agent, outcome, deadlineMs);
            switch (agent.Header.Kind)
            {
                case CniFrameKind.Result when CniResultFrame.Decode(agent.Payload, out var result) == CniFrameFault.None:
                    var errno = Descriptors.WriteAll(1, result!.Stdout.Span);
                    return errno == 0 ? result.ExitCode : 1;
                case CniFrameKind.Exec when CniExecFrame.Decode(agent.Payload, out var exec) == CniFrameFault.None:
                    var answer = DelegatedPlugin.Run(exec!, call.Path, deadline).Encode();
                    outcome = agent.Send(answer.Span, -1, deadline);
                    if (outcome != AgentOutcome.Done)
                        return Broken(call, agent, outcome, deadlineMs);
                    break;
                default:
                    return Broken(call, agent, AgentOutcome.Garbled, deadlineMs);
            }
        }
    }

    private static int Broken(Call call, AgentConnection agent, AgentOutcome outcome, int deadlineMs) => outcome switch
    {
        AgentOutcome.OtherVersion => call.Fail(
            CniErrorCode.ProtocolMismatch,
            "fabric-cni speaks protocol version " + Number(CniProtocol.Version) + " and the fabric agent version "
                + Number(agent.Header.Version) + ": install the binary that came with the running agent",
            "agent socket " + agent.Path),
        AgentOutcome.TimedOut => call.FailForNow(
            "the fabric agent at " + agent.Path + " did not answer in " + Number(deadlineMs) + " ms; try again later"),
        AgentOutcome.Garbled => call.Fail(
            CniErrorCode.InputOutput, "what answers at " + agent.Path + " is not a fabric agent, or it is broken",
            "the answer is not a frame of protocol version " + Number(CniProtocol.Version)),
        _ => call.FailForNow(
            "the fabric agent at " + agent.Path + " closed the connection before it answered; try again later",
            "it may be restarting"),
    };

    /// <summary>Where the agent listens; an exit code if what names the place is unusable.</summary>
    private static int? SocketPath(Call call, out string path)
    {
        var source = "agentSocket";
        path = TopLevelJson.String(call.Stdin, source) ?? "";
        if (path.Length == 0)
        {
            source = CniProtocol.SocketVariable;
            path = Call.Variable("FABRIC_CNI_SOCKET"u8);
        }
        if (path.Length == 0)
            path = CniProtocol.DefaultSocketPath;
        if (path[0] == '/' && !path.Contains('\0') && Encoding.UTF8.GetByteCount(path) <= AgentConnection.MaxPathBytes)
            return null;
        return call.Fail(
            source == "agentSocket" ? CniErrorCode.InvalidConfiguration : CniErrorCode.InvalidEnvironment,
            source + " '" + path + "' must be an absolute path of at most 107 bytes");
    }

    private static int Open(string path)
    {
        fixed (byte* start = Encoding.UTF8.GetBytes(path + '\0'))
        {
            int descriptor;
            do
                descriptor = Libc.Open(start, Libc.ReadOnly | Libc.CloseOnExec | Libc.NonBlocking);
            while (descriptor < 0 && Libc.Error == Libc.EINTR);
            return descriptor;
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
