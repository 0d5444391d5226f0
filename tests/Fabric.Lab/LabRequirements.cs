namespace Fabric.Lab;

/// <summary>What this machine must offer for the lab to work.</summary>
public static class LabRequirements
{
    private static readonly string[] Programs =
        ["ip", "nsenter", "nft", "ethtool", "ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl"];

    private static readonly Lazy<string?> Reason = new(Find);

    /// <summary>The reason to skip a test that needs the lab, or null when nothing is missing.</summary>
    public static string? Missing => Reason.Value;

    private static string? Find()
    {
        if (!OperatingSystem.IsLinux())
            return "network namespaces need Linux";
        if (!Environment.IsPrivilegedProcess)
            return "network namespaces and Open vSwitch need root";

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin");
        var absent = Programs.Where(program => !folders.Any(folder => File.Exists(Path.Combine(folder, program))));
        if (absent.FirstOrDefault() is { } program)
            return $"{program} is not installed";
        if (!File.Exists(ScratchOvs.SchemaPath))
            return $"{ScratchOvs.SchemaPath} is not installed";
        try
        {
            using var probe = LabNamespace.Create("probe");
            return null;
        }
        catch (LabException exception)
        {
            return $"network namespaces cannot be made: {exception.Message}";
        }
    }
}
