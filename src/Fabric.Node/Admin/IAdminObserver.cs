namespace Fabric.Node;

/// <summary>Told of what an operator should see of the agent's HTTP sockets. Any thread; must not block or throw.</summary>
public interface IAdminObserver
{
    /// <summary>A request was not answered as asked; the agent itself goes on.</summary>
    void RequestFailed(string path, Exception failure);
}
