namespace Fabric.Messages.Cni;

/// <summary>The constants of the conversation between the CNI binary and the agent, over a unix stream
/// socket.</summary>
/// <remarks>
/// The binary sends one Request; the agent answers with any number of Exec frames, each answered by one ExecResult, and
/// at last one Result. Every frame is a 12-byte header and a payload; numbers are little-endian, since both ends always
/// run on one machine. The header's layout never changes between versions: it is how two versions tell each other
/// apart.
/// </remarks>
public static class CniProtocol
{
    /// <summary>The first four bytes of every frame, in this order: <c>F C N I</c>.</summary>
    public const uint Magic = 0x494E_4346;

    /// <summary>Raised by every change of a payload's layout.</summary>
    public const ushort Version = 1;

    /// <summary>Magic (4), version (2), kind (2), payload length (4).</summary>
    public const int HeaderLength = 12;

    /// <summary>The most bytes a frame may have with its header: 1 MiB, far above any real configuration.</summary>
    public const int MaxFrameLength = 1 << 20;

    /// <summary>The most bytes a payload may have.</summary>
    public const int MaxPayloadLength = MaxFrameLength - HeaderLength;

    /// <summary>The most environment overrides one Exec frame may carry.</summary>
    public const int MaxOverrides = 64;

    /// <summary>The agent's socket unless the configuration's <c>agentSocket</c> or the environment says
    /// otherwise.</summary>
    public const string DefaultSocketPath = "/run/fabric/cni.sock";

    /// <summary>The environment variable that names the agent's socket where the configuration doesn't.</summary>
    public const string SocketVariable = "FABRIC_CNI_SOCKET";

    /// <summary>The CNI versions that Fabric speaks, ascending.</summary>
    public static ReadOnlySpan<string> SupportedVersions => Versions;

    private static readonly string[] Versions = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

    /// <summary>True for a version that Fabric speaks; the comparison is exact, as versions are in CNI.</summary>
    public static bool IsSupported(string? version) => Array.IndexOf(Versions, version) >= 0;
}
