namespace Fabric.Ovs.Ovsdb;

/// <content>The part of the owner loop that keeps monitors going, also across connections.</content>
public sealed partial class OvsdbClient
{
    private void StartMonitor(OvsdbMonitor monitor)
    {
        if (!_connected)
        {
            monitor.Started.TrySetResult(new(null, NotConnected("monitor")));
            return;
        }

        _monitors.Add(monitor);
        RequestMonitor(monitor);
    }

    private void RequestMonitor(OvsdbMonitor monitor)
    {
        var method = _monitorMethod;
        var name = method switch
        {
            MonitorMethod.MonitorCondSince => "monitor_cond_since",
            MonitorMethod.MonitorCond => "monitor_cond",
            _ => "monitor",
        };
        monitor.Begin(_schema!);
        Ask(name, writer => monitor.WriteParameters(writer, method, Database), reply =>
        {
            if (reply.Failure is not { } failure)
            {
                if (_monitors.Contains(monitor))
                    monitor.Synchronise(method, reply.Result);
                // Not before: a server whose answer ends the connection must not be asked again at once for ever.
                _backoff = _options.InitialBackoff;
            }
            else if (failure.Code is OvsdbErrorCode.UnknownMethod && method < MonitorMethod.Monitor)
            {
                _monitorMethod = method + 1;
                RequestMonitor(monitor);
            }
            else if (failure.Code is not OvsdbErrorCode.ConnectionLost)
            {
                _monitors.Remove(monitor);
                monitor.Started.TrySetResult(new(null, failure));
                monitor.Fail(failure);
            }
        });
    }

    private void StopMonitor(OvsdbMonitor monitor)
    {
        if (_monitors.Remove(monitor) && _connected)
            Ask("monitor_cancel", writer => writer.WriteStringValue(monitor.Id), _ => { });
    }
}
