using System.Text.Json;
using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>Reads code and message back from a reply, for log and metrics.</summary>
internal static class CniErrorPeek
{
    public static (int Code, string Message) Of(CniResultFrame reply)
    {
        if (reply.ExitCode == 0)
            return (0, "");
        using var document = JsonDocument.Parse(reply.Stdout);
        return (document.RootElement.GetProperty("code").GetInt32(), document.RootElement.GetProperty("msg").GetString() ?? "");
    }
}
