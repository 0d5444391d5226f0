namespace Fabric.Node;

/// <summary>Told of what an operator should see of the reconciler. Called on the loop; must not block or throw.</summary>
public interface IReconcileObserver
{
    void SwitchLost(string reason);

    void SwitchBack(int ports, int flows, TimeSpan outage);

    void PassFailed(string operation, string message);

    void DriftFound(int foreign, int missing, bool repaired);

    void PathChanged(PeerPath path);

    void ForeignGroupsFound(int count, bool removed);

    /// <param name="ports">All that are there now.</param>
    void ForeignPortsFound(IReadOnlyCollection<string> ports);
}
