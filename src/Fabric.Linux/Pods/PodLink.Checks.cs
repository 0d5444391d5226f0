using System.Text;
using Fabric.Linux.Netlink;
using Fabric.Linux.Route;

namespace Fabric.Linux.Pods;

public sealed partial class PodLink
{
    /// <summary>Whether the kernel takes this as an interface name: 1–15 bytes, no slash, colon, blank.</summary>
    public static bool IsValidInterfaceName(string name) =>
        name is not ("" or "." or "..") && Encoding.UTF8.GetByteCount(name) <= 15
        && !name.Any(c => c is '/' or ':' or '\0' or '%' || char.IsWhiteSpace(c));

    private static void Validate(PodLinkSpec spec)
    {
        foreach (var name in (string[])[spec.InterfaceName, spec.HostInterfaceName])
        {
            if (!IsValidInterfaceName(name))
                throw new ArgumentException($"'{name}' is not an interface name", nameof(spec));
        }
        if (Encoding.UTF8.GetByteCount(spec.Attachment) is 0 or > 255)
            throw new ArgumentException($"attachment '{spec.Attachment}' is not of 1-255 bytes", nameof(spec));
        if (spec.Namespace.IsOwn)
            throw new PodLinkException(
                PodLinkFailure.HostNamespace, "check the pod's namespace", $"{spec.Namespace} is the host's own");
    }

    /// <summary>A veth of this attachment; or one a crash left before it got its alias, told by its group.</summary>
    private static bool IsOurs(Link link, string attachment, uint group) =>
        link.Kind == "veth"
        && (link.Alias == attachment || (link.Alias.Length == 0 && group != 0 && link.Group == group));

    private static PodLinkException NameInUse(PodLinkSpec spec) => new(
        PodLinkFailure.InterfaceNameInUse, "create the veth pair",
        $"namespace {spec.Namespace} has an interface {spec.InterfaceName} already");

    private static PodLinkException Foreign(string step, Link link) => new(
        PodLinkFailure.ForeignHostLink, step,
        $"the host's link {link.Name} has alias '{link.Alias}', which is not this attachment");

    private static PodLinkException Failed(string step, Exception cause) =>
        new(PodLinkFailure.Kernel, step, cause.Message, cause);

    private static T Guard<T>(string step, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is NetlinkException or SystemCallException)
        {
            throw Failed(step, exception);
        }
    }

    private static void Guard(string step, Action work) => Guard(step, () =>
    {
        work();
        return true;
    });
}
