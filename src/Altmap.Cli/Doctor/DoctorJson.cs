using System.Text.Json;
using Altmap.Cli.Output;

namespace Altmap.Cli.Doctor;

/// <summary>A report as JSON.</summary>
internal static class DoctorJson
{
    public static void Write(Utf8JsonWriter json, MachineReport report)
    {
        json.WriteStartObject();
        json.WriteString("path", report.Path);
        json.WriteString("machine", report.Name);
        json.WriteString("content", report.Content);
        json.WriteString("kernel", report.Kernel);
        json.WriteBoolean("verified", report.IsVerified);
        if (report.Failure is { } failure)
            json.WriteString("error", failure.Message);
        else
            json.WriteNull("error");
        json.WriteFindings("findings", report.Findings);
        json.WriteObjects(
            "unknown",
            report.Unknown,
            question =>
            {
                if (question.Code is { } code)
                    json.WriteString("code", code.Name);
                else
                    json.WriteNull("code");
                json.WriteString("subject", question.Subject.Name);
                json.WriteString("needs", question.Needs);
            }
        );
        json.WriteNumber("exit_code", report.ExitCode);
        json.WriteEndObject();
    }
}
