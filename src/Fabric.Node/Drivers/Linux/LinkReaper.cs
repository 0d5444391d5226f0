using Fabric.Linux.Netlink;
using Fabric.Linux.Route;

namespace Fabric.Node;

/// <summary>Deletes host ends of veth pairs behind the reply: each costs about 20 ms of kernel time, a hundred at once 40.</summary>
/// <remarks>
/// A doomed link is renamed and put into a group of its own, so its name is free at once. What a crash leaves in the
/// group goes at the next start. Any thread.
/// </remarks>
internal sealed class LinkReaper(RouteNetlink host, Action<string> failed)
{
    /// <summary>The group of links that wait for their deletion. Used for nothing else.</summary>
    public const uint DoomedGroup = 0xFABD;

    private readonly Lock _lock = new();
    private bool _running;
    private bool _more;

    public void Doom(Link link)
    {
        var gone = new LinkChange { Name = $"gone{link.Index}", Group = DoomedGroup };
        try
        {
            host.ChangeLink(link.Index, gone);
        }
        catch (NetlinkException e) when (e.IsBusy)
        {
            // Kernels before 6.2 refuse to rename a link that is up; taking it down first waits for a grace period, always.
            host.ChangeLink(link.Index, new LinkChange { Up = false });
            host.ChangeLink(link.Index, gone);
        }
        Reap();
    }

    /// <summary>Deletes the group in the background; calls meanwhile are served by one more round.</summary>
    public void Reap()
    {
        lock (_lock)
        {
            _more = true;
            if (_running)
                return;
            _running = true;
        }
        _ = Task.Run(Run);
    }

    private void Run()
    {
        while (true)
        {
            lock (_lock)
            {
                if (!_more)
                {
                    _running = false;
                    return;
                }
                _more = false;
            }
            try
            {
                host.DeleteGroup(DoomedGroup);
            }
            catch (NetlinkException e)
            {
                failed(e.Message);
            }
        }
    }
}
