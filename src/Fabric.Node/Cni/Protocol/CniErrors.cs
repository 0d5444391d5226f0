using System.Globalization;
using Fabric.Messages;
using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>Every error that the agent answers a runtime with: the one table behind docs/cni.md.</summary>
/// <remarks>Each message says what was wrong, with which value, and what to do about it.</remarks>
public static class CniErrors
{
    /// <summary>1: none of the configuration's versions is one that Fabric speaks.</summary>
    /// <param name="version">The cniVersion, empty if it is missing.</param>
    public static CniError IncompatibleVersion(string version, CorrelationId correlation)
    {
        var supported = string.Join(", ", CniProtocol.SupportedVersions.ToArray());
        return Make(
            CniErrorCode.IncompatibleVersion,
            version.Length == 0
                ? $"cniVersion is missing, which means 0.1.0; set one of {supported}"
                : $"cniVersion '{version}' is not supported; set one of {supported}",
            correlation);
    }

    /// <summary>2: a key whose value asks for something that Fabric does not do.</summary>
    public static CniError UnsupportedField(string key, string value, string remedy, CorrelationId correlation) =>
        Make(CniErrorCode.UnsupportedField, $"{key} = {value} is not supported: {remedy}", correlation);

    /// <summary>3: CHECK of what isn't attached.</summary>
    public static CniError UnknownContainer(AttachmentId attachment, NetworkName network, CorrelationId correlation) => Make(
        CniErrorCode.UnknownContainer,
        $"interface {attachment.IfName} of container {attachment.Container} is not attached to network {network}; "
            + "it needs no clean-up, ADD it again",
        correlation);

    /// <summary>4: a CNI_* variable is missing or invalid.</summary>
    /// <param name="fault">Names the variable.</param>
    public static CniError InvalidEnvironment(string fault, CorrelationId correlation) =>
        Make(CniErrorCode.InvalidEnvironment, "invalid environment: " + fault, correlation);

    /// <summary>4: CNI_NETNS is the node's own network namespace, in which no pod interface may be made.</summary>
    public static CniError HostNamespace(string path, CorrelationId correlation) => Make(
        CniErrorCode.InvalidEnvironment,
        $"CNI_NETNS '{path}' is the node's own network namespace; pods with hostNetwork must not be attached",
        correlation);

    /// <summary>5: reading, writing, the kernel or Open vSwitch failed.</summary>
    /// <param name="operation">What was tried, as a clause: <c>making veth fab0a1b2c3d4e5f</c>.</param>
    public static CniError InputOutput(string operation, string cause, CorrelationId correlation) =>
        Make(CniErrorCode.InputOutput, $"{operation} failed: {cause}", correlation);

    /// <summary>6: bytes that are not what they should be.</summary>
    public static CniError Undecodable(string what, string cause, CorrelationId correlation) =>
        Make(CniErrorCode.Undecodable, $"{what} can't be decoded: {cause}", correlation);

    /// <summary>7: a configuration key's value is wrong.</summary>
    /// <param name="value">The value as it stands in the configuration; null if the key is missing.</param>
    /// <param name="rule">What it must be.</param>
    public static CniError InvalidConfiguration(string key, string? value, string rule, CorrelationId correlation) => Make(
        CniErrorCode.InvalidConfiguration,
        value is null ? $"{key} is missing: it must be {rule}" : $"{key} = {Short(value)} is invalid: it must be {rule}",
        correlation);

    /// <summary>11: a condition that passes by itself.</summary>
    public static CniError TryAgainLater(string condition, CorrelationId correlation) =>
        Make(CniErrorCode.TryAgainLater, condition + "; try again later", correlation);

    /// <summary>50: STATUS, ADD can't be served.</summary>
    public static CniError NotAvailable(string reason, CorrelationId correlation) =>
        Make(CniErrorCode.NotAvailable, "new pods can't be attached: " + reason, correlation);

    /// <summary>51: STATUS, ADD can't be served and existing pods suffer too.</summary>
    public static CniError NotAvailableAndImpaired(string reason, CorrelationId correlation) => Make(
        CniErrorCode.NotAvailableAndImpaired,
        "new pods can't be attached, and existing pods may have lost connectivity: " + reason,
        correlation);

    /// <summary>100: the node's block of the network has no free address.</summary>
    /// <param name="cause">Names the block and how many of its addresses are held.</param>
    public static CniError PoolExhausted(NetworkName network, string cause, CorrelationId correlation) => Make(
        CniErrorCode.PoolExhausted,
        $"network {network} has no free address left on this node, {cause}; "
            + "delete pods or give the network larger blocks",
        correlation);

    /// <summary>101: the bridge has no working port for the pod.</summary>
    public static CniError PortFailed(string port, string cause, CorrelationId correlation) =>
        Make(CniErrorCode.PortFailed, $"port {port} could not be made: {cause}", correlation);

    /// <summary>102: the pod's flows are not in place.</summary>
    public static CniError FlowFailed(AttachmentId attachment, string cause, CorrelationId correlation) =>
        Make(CniErrorCode.FlowFailed, $"the flows of {attachment} could not be programmed: {cause}", correlation);

    /// <summary>103: binary and agent speak different versions of the wire frame.</summary>
    public static CniError ProtocolMismatch(int binary, int agent, CorrelationId correlation) => Make(
        CniErrorCode.ProtocolMismatch,
        Text($"fabric-cni speaks protocol version {binary} and the fabric agent version {agent}: ")
            + "install the binary that came with the running agent",
        correlation);

    /// <summary>104: the pod has an interface of that name already.</summary>
    public static CniError InterfaceExists(InterfaceName name, string sandbox, CorrelationId correlation) => Make(
        CniErrorCode.InterfaceExists,
        $"interface {name} exists already in {sandbox} and is not this attachment's; choose another CNI_IFNAME or remove it",
        correlation);

    /// <summary>105: a repeated ADD that asks for something else than the first.</summary>
    /// <param name="difference">For example <c>its configuration has changed</c>.</param>
    public static CniError AttachedDifferently(AttachmentId attachment, string difference, CorrelationId correlation) => Make(
        CniErrorCode.AttachedDifferently,
        $"{attachment} is already attached, and {difference}; DEL it before this ADD",
        correlation);

    /// <summary>106: CHECK found what a reconcile pass could not repair.</summary>
    public static CniError AttachmentDiffers(
        AttachmentId attachment, IReadOnlyList<string> differences, CorrelationId correlation) => Make(
        CniErrorCode.AttachmentDiffers,
        $"{attachment} differs from its result: {string.Join("; ", differences)}; delete the pod to attach it anew",
        correlation);

    /// <summary>107: a delegated plugin failed without saying why in CNI's form.</summary>
    public static CniError DelegateFailed(string plugin, string cause, CorrelationId correlation, string log = "") =>
        Make(CniErrorCode.DelegateFailed, $"IPAM plugin {plugin} failed: {cause}", correlation, Short(log));

    /// <summary>The delegated plugin's own error, its code kept, its name added.</summary>
    public static CniError FromDelegate(string plugin, int code, string message, string details, CorrelationId correlation) =>
        Make((CniErrorCode)code, $"IPAM plugin {plugin}: {message}", correlation, details);

    /// <summary>108: GC went on past failures, and these remain.</summary>
    public static CniError GarbageRemains(NetworkName network, IReadOnlyList<string> failures, CorrelationId correlation) => Make(
        CniErrorCode.GarbageRemains,
        Text($"{failures.Count} attachments of network {network} could not be collected: {string.Join("; ", failures)}; ")
            + "the next GC tries again",
        correlation);

    /// <summary>109: an address was asked for by name and can't be had.</summary>
    public static CniError AddressUnavailable(IpAddress address, NetworkName network, string why, CorrelationId correlation) =>
        Make(CniErrorCode.AddressUnavailable, $"address {address} of network {network} can't be assigned: {why}", correlation);

    /// <summary>999: a bug. The correlation id is what a report needs.</summary>
    public static CniError Unclassified(string cause, CorrelationId correlation) =>
        Make(CniErrorCode.Unclassified, $"unexpected failure of the fabric agent: {cause}; please report it", correlation);

    private static CniError Make(CniErrorCode code, string message, CorrelationId correlation, string more = "") =>
        new(code, message, more.Length == 0 ? $"correlation {correlation}" : $"correlation {correlation}; {more}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A value cut to what a log line bears.</summary>
    private static string Short(string value) => value.Length <= 400 ? value.Trim() : value[..400].Trim() + "…";
}
