namespace Fabric.Messages.Cni;

/// <summary>Which variables each command needs (CNI SPEC 1.1, section 2), judged alike by the binary and the
/// agent.</summary>
public static class CniEnvironment
{
    /// <summary>
    /// A sentence naming every missing or invalid variable, for error 4; null if the environment serves its command.
    /// </summary>
    /// <remarks>
    /// ADD and CHECK: CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME. DEL: CNI_CONTAINERID, CNI_IFNAME. GC: CNI_PATH. STATUS
    /// and VERSION: nothing. A variable that the command doesn't need isn't judged.
    /// </remarks>
    public static string? Fault(string command, string containerId, string netNs, string ifName, string path)
    {
        switch (command)
        {
            case "ADD" or "CHECK":
                return Join(Container(containerId), netNs.Length == 0 ? "CNI_NETNS is missing" : null, IfName(ifName));
            case "DEL":
                return Join(Container(containerId), null, IfName(ifName));
            case "GC":
                return path.Length == 0 ? "CNI_PATH is missing" : null;
            case "STATUS" or "VERSION":
                return null;
            case "":
                return "CNI_COMMAND is missing";
            default:
                return "CNI_COMMAND '" + command + "' is none of ADD, DEL, CHECK, GC, STATUS, VERSION";
        }
    }

    private static string? Container(string value) =>
        value.Length == 0 ? "CNI_CONTAINERID is missing" : Prefixed("CNI_CONTAINERID: ", ContainerId.Fault(value));

    private static string? IfName(string value) =>
        value.Length == 0 ? "CNI_IFNAME is missing" : Prefixed("CNI_IFNAME: ", InterfaceName.Fault(value));

    private static string? Prefixed(string prefix, string? fault) => fault is null ? null : prefix + fault;

    private static string? Join(string? first, string? second, string? third)
    {
        var all = first;
        foreach (var fault in (ReadOnlySpan<string?>)[second, third])
        {
            if (fault is not null)
                all = all is null ? fault : all + "; " + fault;
        }
        return all;
    }
}
